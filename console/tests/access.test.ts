import { IncomingMessage } from 'node:http'
import { Socket } from 'node:net'
import { readTarget } from '@supergraph/runtime/request-target.ts'
import { expect, it } from 'vitest'
import { createAccess } from '../http/access.ts'

const key = 'a key of more than 16 characters'

const ask = ({
  listensOn = '0.0.0.0',
  from = '192.0.2.1',
  method = 'GET',
  headers = {},
  hasKey = true,
}: {
  readonly listensOn?: string
  readonly from?: string
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly hasKey?: boolean
}) => {
  const socket = new Socket()
  Object.defineProperty(socket, 'remoteAddress', { value: from })
  const request = Object.assign(new IncomingMessage(socket), {
    method,
    url: '/requests',
    headers: { host: 'console.test', ...headers },
  })
  const access = createAccess({ listensOn, allowedHosts: [], key: hasKey ? key : undefined })
  return access(request, readTarget(request))?.status
}

const basic = (password: string) => ({
  authorization: `Basic ${Buffer.from(`me:${password}`).toString('base64')}`,
})

it('lets browsers elsewhere in by the key alone, and none if there is no key', () => {
  expect(ask({})).toBe(401)
  expect(ask({ headers: basic('another key') })).toBe(401)
  expect(ask({ headers: basic(key) })).toBeUndefined()
  expect(ask({ headers: basic(key), hasKey: false })).toBe(403)
})

it('lets this machine in, under its own names', () => {
  for (const from of ['127.0.0.1', '::1', '::ffff:127.0.0.1']) expect(ask({ from })).toBeUndefined()
  expect(ask({ from: '127.0.0.1', listensOn: '127.0.0.1' })).toBe(421)
})

it('lets no page of another site act', () => {
  const act = (origin: string) => ask({ from: '127.0.0.1', method: 'POST', headers: { origin } })
  expect(act('http://console.test')).toBeUndefined()
  for (const origin of ['https://evil.example', 'null', 'http://console.test:1'])
    expect(act(origin)).toBe(403)
})
