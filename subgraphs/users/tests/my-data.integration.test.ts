import { sendJson, startHttp } from '@supergraph/runtime/http.ts'
import { readJson } from '@supergraph/runtime/request-body.ts'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { z } from 'zod'
import { onDatabase, type Person, runUsers } from './users-under-test.ts'

const asked: string[] = []
let isWhole = true
let gateway: Awaited<ReturnType<typeof startHttp>>
let users: Awaited<ReturnType<typeof runUsers>>

const page = (names: readonly string[], endCursor: string | null) => ({
  edges: names.map(name => ({ node: { name } })),
  pageInfo: { hasNextPage: endCursor !== null, endCursor },
})

beforeAll(async () => {
  const body = z.object({ query: z.string(), variables: z.object({ after: z.string().nullable() }) })
  gateway = await startHttp(
    async (request, response) => {
      const { query, variables } = body.parse(await readJson(request, 10_000))
      asked.push(request.headers.authorization ?? '')
      const orders = variables.after === null ? page(['one', 'two'], 'next') : page(['three'], null)
      const notifications = page(['welcome'], null)
      const me = query.includes('ExportOrders')
        ? { orders: isWhole ? orders : null }
        : { notifications, notificationPreferences: [{ channel: 'EMAIL', enabled: true }] }
      sendJson(response, 200, { data: { me } })
    },
    { host: '127.0.0.1', port: 0 },
  )
  users = await runUsers({
    variables: {
      PUBLIC_USERS_URL: 'https://api.shop.example',
      GATEWAY_URL: `http://127.0.0.1:${gateway.port}/graphql`,
    },
  })
})
afterAll(async () => {
  await users?.stop()
  await gateway?.stop()
})

const success = z.object({
  __typename: z.literal('ExportMyDataSuccess'),
  url: z.string(),
  expiresAt: z.string(),
})

const ask = async ({ viewer }: Pick<Person, 'viewer'>) => {
  const { data } = await users.ask(
    viewer,
    'mutation { exportMyData { __typename ... on ExportMyDataSuccess { url expiresAt } } }',
  )
  return data?.exportMyData
}

/** A link, at the address where this process listens. */
const linkOf = async (person: Person) => {
  const { url } = success.parse(await ask(person))
  expect(url).toMatch(/^https:\/\/api\.shop\.example\/my-data\?token=/)
  return new URL(`/my-data${new URL(url).search}`, users.url)
}

it('gives everything that is known of somebody, as a file, in their own name', async () => {
  const ada = await users.register('Ada')
  const url = await linkOf(ada)
  asked.length = 0
  const response = await fetch(url)
  expect(response.status).toBe(200)
  expect(response.headers.get('content-disposition')).toBe('attachment; filename="my-data.json"')
  expect(response.headers.get('cache-control')).toBe('no-store')
  expect(await response.json()).toEqual({
    exportedAt: expect.any(String),
    account: expect.objectContaining({ id: ada.id, email: ada.email, name: 'Ada', locale: 'en' }),
    addresses: [],
    earlierEmails: [],
    sessions: [expect.objectContaining({ endedAt: null, createdAt: expect.any(String) })],
    orders: [{ name: 'one' }, { name: 'two' }, { name: 'three' }],
    notifications: [{ name: 'welcome' }],
    notificationPreferences: [{ channel: 'EMAIL', enabled: true }],
  })
  expect(asked).toHaveLength(3)
  for (const header of asked) {
    const [, claims = ''] = header.split('.')
    expect(JSON.parse(Buffer.from(claims, 'base64url').toString())).toMatchObject({
      sub: ada.id,
      sid: ada.viewer.sessionId,
    })
  }
})

it('gives nothing rather than half of it', async () => {
  const url = await linkOf(await users.register('Half'))
  isWhole = false
  const { status } = await fetch(url)
  isWhole = true
  expect(status).toBe(503)
  expect((await fetch(url)).status).toBe(200)
})

it('takes no other link: none, a changed one, one whose session has ended, one of a deleted account', async () => {
  const [ada, grace] = [await users.register('Signed'), await users.register('Gone')]
  const [url, ended] = [await linkOf(ada), await linkOf(grace)]
  const token = url.searchParams.get('token') ?? ''
  const changed = `${token.slice(0, -2)}${token.endsWith('AA') ? 'BB' : 'AA'}`
  for (const wrong of ['', 'x', changed, `${token}AAAA`, ada.refreshToken]) {
    const other = new URL(url)
    other.searchParams.set('token', wrong)
    expect((await fetch(other)).status).toBe(404)
  }
  expect((await fetch(url, { method: 'POST' })).status).toBe(405)
  await users.ask(grace.viewer, 'mutation { logoutEverywhere(input: { exceptThis: false }) { __typename } }')
  expect((await fetch(ended)).status).toBe(404)
  expect(
    (await users.ask(grace.viewer, 'mutation { exportMyData { __typename } }')).errors?.[0]?.extensions.code,
  ).toBe('UNAUTHENTICATED')
  await onDatabase(users.databaseUrl, 'delete from users where id = $1', [ada.id])
  expect((await fetch(url)).status).toBe(404)
})

it('is asked for five times an hour at most', async () => {
  const eager = await users.register('Eager')
  for (const _ of [1, 2, 3, 4, 5]) await linkOf(eager)
  expect(await ask(eager)).toEqual({ __typename: 'TooManyAttempts' })
  await linkOf(await users.register('Other'))
})
