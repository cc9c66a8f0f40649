import { IncomingMessage } from 'node:http'
import { Socket } from 'node:net'
import { readTarget } from '@supergraph/runtime/request-target.ts'
import { expect, it } from 'vitest'
import { cookieOf, createAccess } from '../http/access.ts'

const key = 'a key of more than 16 characters'

const ask = async ({
  listensOn = '0.0.0.0',
  from = '192.0.2.1',
  method = 'GET',
  headers = {},
  hasKey = true,
  isDevelopment = true,
}: {
  readonly listensOn?: string
  readonly from?: string
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly hasKey?: boolean
  readonly isDevelopment?: boolean
}) => {
  const socket = new Socket()
  Object.defineProperty(socket, 'remoteAddress', { value: from })
  const request = Object.assign(new IncomingMessage(socket), {
    method,
    url: '/requests',
    headers: { host: 'console.test', ...headers },
  })
  const access = createAccess({
    listensOn,
    allowedHosts: [],
    key: hasKey ? key : undefined,
    isDevelopment,
    visitors: { find: async secret => (secret === 'known' ? staff : undefined) },
  })
  const answer = access.refusal(request, readTarget(request)) ?? (await access.visitor(request))
  return 'status' in answer ? answer.status : answer.role
}

const staff = { who: 'staff@example.com', role: 'STAFF', mayAct: false, accessToken: 'token' }

const basic = (password: string) => ({
  authorization: `Basic ${Buffer.from(`me:${password}`).toString('base64')}`,
})

it('lets in who is signed in or shows the key, and nobody else from elsewhere', async () => {
  expect(await ask({})).toBe(401)
  expect(await ask({ headers: basic('another key') })).toBe(401)
  expect(await ask({ headers: basic(key) })).toBe('key')
  expect(await ask({ headers: basic(key), hasKey: false })).toBe(401)
  expect(await ask({ headers: { cookie: `a=b; ${cookieOf('known', false)}` } })).toBe('STAFF')
  expect(await ask({ headers: { cookie: cookieOf('guessed', false) } })).toBe(401)
})

it('lets this machine in, under its own names and in development alone', async () => {
  for (const from of ['127.0.0.1', '::1', '::ffff:127.0.0.1']) {
    expect(await ask({ from })).toBe('development')
    expect(await ask({ from, headers: { cookie: cookieOf('known', false) } })).toBe('STAFF')
    expect(await ask({ from, isDevelopment: false })).toBe(401)
  }
  expect(await ask({ from: '127.0.0.1', listensOn: '127.0.0.1' })).toBe(421)
})

it('lets no page of another site act', async () => {
  const act = (origin: string) => ask({ from: '127.0.0.1', method: 'POST', headers: { origin } })
  expect(await act('http://console.test')).toBe('development')
  for (const origin of ['https://evil.example', 'null', 'http://console.test:1'])
    expect(await act(origin)).toBe(403)
})
