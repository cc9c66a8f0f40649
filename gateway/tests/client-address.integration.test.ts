import type { IncomingHttpHeaders } from 'node:http'
import { decodeJwt } from 'jose'
import { expect, it, vi } from 'vitest'
import { startGatewayUnderTest } from './gateway-under-test.ts'

const everyone = '{ whoAsksUsers whoAsksProducts }'
const addressIn = (headers: IncomingHttpHeaders | undefined) =>
  decodeJwt(headers?.authorization?.replace('Bearer ', '') ?? '').address

it('tells the address of the client only to users, over HTTP and over a socket', async () => {
  const { post, socketClient, users, products } = await startGatewayUnderTest()
  await post(everyone, { 'x-forwarded-for': '198.51.100.1' })
  const next = vi.fn()
  socketClient().subscribe({ query: everyone }, { next, error: () => {}, complete: () => {} })
  await vi.waitFor(() => expect(next).toHaveBeenCalled())
  expect(users.received.map(({ headers }) => addressIn(headers))).toEqual(['127.0.0.1', '127.0.0.1'])
  expect(products.received.map(({ headers }) => addressIn(headers))).toEqual([undefined, undefined])
})

it('believes the proxies that it is told to trust', async () => {
  const { post, users } = await startGatewayUnderTest({ TRUST_PROXY_HOPS: '1' })
  await post(everyone, { 'x-forwarded-for': '198.51.100.1, 203.0.113.9' })
  expect(addressIn(users.received[0]?.headers)).toBe('203.0.113.9')
})
