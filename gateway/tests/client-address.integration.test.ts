import type { IncomingHttpHeaders } from 'node:http'
import { decodeJwt } from 'jose'
import { expect, it, vi } from 'vitest'
import { startGatewayUnderTest } from './gateway-under-test.ts'

const everyone = '{ whoAsksUsers whoAsksProducts }'
const claimsIn = (headers: IncomingHttpHeaders | undefined) =>
  decodeJwt(headers?.authorization?.replace('Bearer ', '') ?? '')
const addressIn = (headers: IncomingHttpHeaders | undefined) => claimsIn(headers).address

it('tells the address of the client only to users, over HTTP and over a socket', async () => {
  const { post, socketClient, users, products } = await startGatewayUnderTest()
  await post(everyone, { 'x-forwarded-for': '198.51.100.1' })
  const next = vi.fn()
  socketClient().subscribe({ query: everyone }, { next, error: () => {}, complete: () => {} })
  await vi.waitFor(() => expect(next).toHaveBeenCalled())
  expect(users.received.map(({ headers }) => addressIn(headers))).toEqual(['127.0.0.1', '127.0.0.1'])
  expect(products.received.map(({ headers }) => addressIn(headers))).toEqual([undefined, undefined])
})

it('tells the device of the client in words of its own only to users, over HTTP, as events and over a socket', async () => {
  const { post, gateway, rawSocket, users, products } = await startGatewayUnderTest()
  const agent = { 'user-agent': 'Mozilla/5.0 (Windows NT 10.0; rv:143.0) <b>evil</b> Firefox/143.0' }
  await post(everyone, agent)
  const asEvents = { ...agent, accept: 'text/event-stream' }
  const body = JSON.stringify({ query: everyone })
  await fetch(gateway.url, {
    method: 'POST',
    headers: { ...asEvents, 'content-type': 'application/json' },
    body,
  })
  await post(everyone, { 'user-agent': 'evil' })
  const { send } = await rawSocket(agent)
  send({ type: 'connection_init' })
  send({ type: 'subscribe', id: '1', payload: { query: everyone } })
  await vi.waitFor(() => expect(users.received).toHaveLength(4))
  const device = 'Firefox on Windows'
  expect(users.received.map(({ headers }) => claimsIn(headers).device)).toEqual([
    ...[device, device, undefined, device],
  ])
  expect(products.received.map(({ headers }) => claimsIn(headers).device)).toEqual(Array(4).fill(undefined))
})

it('believes the proxies that it is told to trust', async () => {
  const { post, users } = await startGatewayUnderTest({ TRUST_PROXY_HOPS: '1' })
  await post(everyone, { 'x-forwarded-for': '198.51.100.1, 203.0.113.9' })
  expect(addressIn(users.received[0]?.headers)).toBe('203.0.113.9')
})
