import { sendJson, startHttp } from '@supergraph/runtime/http.ts'
import { readJson } from '@supergraph/runtime/request-body.ts'
import { expect, it, onTestFinished } from 'vitest'
import { z } from 'zod'
import { openConsole } from './console-under-test.ts'

const operation = z.object({
  query: z.string(),
  variables: z.object({ input: z.record(z.string(), z.unknown()) }),
})
const key = 'a key of more than 16 characters'
const orderId = crypto.randomUUID()

/** A gateway whose accounts are named after their roles, with the orders that it was told to retry. */
const openShop = async () => {
  const retried: string[] = []
  const { port, stop } = await startHttp(
    async (request, response) => {
      const { query, variables } = operation.parse(await readJson(request, 10_000))
      const role = String(variables.input.email ?? '')
        .replace(/@.*/, '')
        .toUpperCase()
      const tokens = {
        accessToken: `token of ${role}`,
        refreshToken: 'refresh',
        expiresAt: new Date(Date.now() + 600_000).toISOString(),
      }
      const user = { id: '1', email: variables.input.email, name: role, role }
      if (query.includes('mutation Login'))
        return sendJson(response, 200, {
          data: { login: variables.input.password === 'right' ? { ...tokens, user } : { message: 'wrong' } },
        })
      retried.push(`${request.headers.authorization} ${variables.input.orderId}`)
      sendJson(response, 200, { data: { retryOrder: { order: { status: 'PENDING' } } } })
    },
    { host: '127.0.0.1', port: 0 },
  )
  onTestFinished(stop)
  const console = await openConsole({
    NODE_ENV: 'production',
    GATEWAY_URL: `http://127.0.0.1:${port}/graphql`,
    CONSOLE_KEY: key,
  })
  const signIn = async (email: string, password = 'right') => {
    const body = new URLSearchParams({ email, password, to: '/map' })
    const response = await fetch(console.at('/sign-in'), { method: 'POST', body, redirect: 'manual' })
    const cookie = response.headers.get('set-cookie') ?? ''
    return { status: response.status, to: response.headers.get('location'), cookie }
  }
  const retry = async (cookie: string) => {
    const response = await console.post(`/orders/${orderId}/retry`, { reason: 'it is stuck' }, { cookie })
    return { status: response.status, body: await response.json() }
  }
  return { console, signIn, retry, retried }
}

it('lets admins of the shop act in their own names, staff and who has the key read, and nobody else', async () => {
  const { console, signIn, retry, retried } = await openShop()
  const page = await fetch(console.at('/map'), { headers: { accept: 'text/html' } })
  expect([page.status, await page.text()]).toEqual([401, expect.stringContaining('<form')])
  expect((await console.read('/map')).status).toBe(401)
  for (const [email, password] of [
    ['customer@example.com', 'right'],
    ['admin@example.com', 'wrong'],
    ['', 'not the key'],
  ] as const)
    expect(await signIn(email, password)).toMatchObject({ status: 401, cookie: '' })

  for (const [email, password] of [
    ['staff@example.com', 'right'],
    ['', key],
  ] as const) {
    const reader = await signIn(email, password)
    expect(reader).toMatchObject({ status: 303, to: '/map' })
    expect(reader.cookie).toMatch(/HttpOnly; SameSite=Strict/)
    expect((await fetch(console.at('/audit'), { headers: { cookie: reader.cookie } })).status).toBe(200)
    expect((await retry(reader.cookie)).status).toBe(403)
  }
  expect(retried).toEqual([])

  const { cookie } = await signIn('admin@example.com')
  expect(await retry(cookie)).toEqual({
    status: 200,
    body: { outcome: 'It is tried now: the order is PENDING.' },
  })
  expect(retried).toEqual([`Bearer token of ADMIN ${orderId}`])
  const audit = await fetch(console.at('/audit'), { headers: { cookie, accept: 'application/json' } })
  expect(await audit.json()).toMatchObject({
    acts: [
      { who: 'admin@example.com', role: 'ADMIN', act: 'retry order', about: orderId, reason: 'it is stuck' },
    ],
  })
  await fetch(console.at('/sign-out'), { method: 'POST', headers: { cookie }, redirect: 'manual' })
  expect((await retry(cookie)).status).toBe(401)
})
