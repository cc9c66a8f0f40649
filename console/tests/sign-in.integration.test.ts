import { sendJson, startHttp } from '@supergraph/runtime/http.ts'
import { readJson } from '@supergraph/runtime/request-body.ts'
import { decodeJwt, UnsecuredJWT } from 'jose'
import { expect, it, onTestFinished } from 'vitest'
import { z } from 'zod'
import { openConsole } from './console-under-test.ts'

const operation = z.object({
  query: z.string(),
  variables: z.object({ input: z.record(z.string(), z.unknown()).default({}) }),
})
const key = 'a key of more than 16 characters'
const orderId = crypto.randomUUID()
const shipped = {
  id: '1',
  at: '2026-03-01T09:30:00.000Z',
  actorId: crypto.randomUUID(),
  actor: { name: 'Sam', email: 'staff@example.com' },
  clientAddress: '203.0.113.7',
  act: 'shipOrder',
  about: { kind: 'ORDER', id: orderId },
  reason: null,
  changes: [{ field: 'status', before: 'CONFIRMED', after: 'SHIPPED' }],
}

const codes = { challenge: 'the challenge', code: '123456' }

/**
 * A gateway whose accounts are named after their roles, with the orders that it was told to retry. Whose name begins with `coded.` is
 * asked for a code, and whose name begins with `bare.` should be.
 */
const openShop = async () => {
  const retried: string[] = []
  const asked: string[] = []
  const { port, stop } = await startHttp(
    async (request, response) => {
      const { query, variables } = operation.parse(await readJson(request, 10_000))
      const isCompletion = query.includes('mutation CompleteLogin')
      const email = isCompletion ? 'admin@example.com' : String(variables.input.email ?? '')
      const role = email.replace(/^bare\.|@.*/g, '').toUpperCase()
      const scope = email.startsWith('bare.') ? 'totp:missing' : ''
      const tokens = {
        accessToken: new UnsecuredJWT({ sub: role, scope }).encode(),
        refreshToken: 'refresh',
        expiresAt: new Date(Date.now() + 600_000).toISOString(),
      }
      const user = { id: '1', email, name: role, role }
      if (isCompletion) {
        const { challenge, code } = variables.input
        const refused = challenge === codes.challenge ? 'InvalidCode' : 'InvalidChallenge'
        const isRight = challenge === codes.challenge && code === codes.code
        const answer = isRight ? { ...tokens, user } : { __typename: refused, message: refused }
        return sendJson(response, 200, { data: { completeLogin: answer } })
      }
      if (email.startsWith('coded.'))
        return sendJson(response, 200, {
          data: { login: { __typename: 'TotpRequired', message: 'a code', challenge: codes.challenge } },
        })
      const bearer = request.headers.authorization?.replace('Bearer ', '')
      const caller = bearer === undefined ? undefined : decodeJwt(bearer).sub
      if (query.includes('mutation Login'))
        return sendJson(response, 200, {
          data: { login: variables.input.password === 'right' ? { ...tokens, user } : { message: 'wrong' } },
        })
      if (query.includes('query AuditLog')) {
        const isAdmin = caller === 'ADMIN'
        const forbidden = { message: 'no', extensions: { code: 'UNAUTHORIZED_FIELD_OR_TYPE' } }
        return sendJson(
          response,
          200,
          isAdmin
            ? { data: { auditLog: { edges: [{ node: shipped }] } } }
            : { data: { auditLog: null }, errors: [forbidden] },
        )
      }
      if (query.includes('query ConsoleOrders')) {
        asked.push(String(caller))
        return sendJson(response, 200, { data: { ordersUnderWay: [], orders: { edges: [] } } })
      }
      retried.push(`${caller} ${variables.input.orderId}`)
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
  const signIn = async (email: string, password = 'right', more: Readonly<Record<string, string>> = {}) => {
    const body = new URLSearchParams({ email, password, to: '/map', ...more })
    const response = await fetch(console.at('/sign-in'), { method: 'POST', body, redirect: 'manual' })
    const cookie = response.headers.get('set-cookie') ?? ''
    return {
      status: response.status,
      to: response.headers.get('location'),
      cookie,
      page: await response.text(),
    }
  }
  const retry = async (cookie: string) => {
    const response = await console.post(`/orders/${orderId}/retry`, { reason: 'it is stuck' }, { cookie })
    return { status: response.status, body: await response.json() }
  }
  return { console, signIn, retry, retried, asked }
}

it('lets admins of the shop act in their own names, staff and who has the key read, and nobody else', async () => {
  const { console, signIn, retry, retried } = await openShop()
  const page = await fetch(console.at('/map'), { headers: { accept: 'text/html' } })
  expect([page.status, await page.text()]).toEqual([401, expect.stringContaining('<form')])
  // n.b. otherwise a browser sends the form with the origin null, which is refused as another site's
  expect(page.headers.get('referrer-policy')).toBe('same-origin')
  expect((await fetch(console.at('/sign-in'))).status).toBe(200)
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
    const audit = await fetch(console.at('/audit'), {
      headers: { cookie: reader.cookie, accept: 'application/json' },
    })
    expect(await audit.json()).toMatchObject({
      acts: [],
      shopActs: [],
      shopIsSilent: expect.stringContaining('admin'),
    })
    expect((await retry(reader.cookie)).status).toBe(403)
  }
  expect(retried).toEqual([])

  const { cookie } = await signIn('admin@example.com')
  expect(await retry(cookie)).toEqual({
    status: 200,
    body: { outcome: 'It is tried now: the order is PENDING.' },
  })
  expect(retried).toEqual([`ADMIN ${orderId}`])
  const audit = await fetch(console.at('/audit'), { headers: { cookie, accept: 'application/json' } })
  expect(await audit.json()).toMatchObject({
    acts: [
      { who: 'admin@example.com', role: 'ADMIN', act: 'retry order', about: orderId, reason: 'it is stuck' },
    ],
    shopActs: [shipped],
    shopIsSilent: null,
  })
  await fetch(console.at('/sign-out'), { method: 'POST', headers: { cookie }, redirect: 'manual' })
  expect((await retry(cookie)).status).toBe(401)
})

it('asks for a code if the shop does, again after a wrong one, and for the password if that took too long', async () => {
  const { signIn, retry, retried } = await openShop()
  const asked = await signIn('coded.admin@example.com')
  expect(asked).toMatchObject({ status: 401, cookie: '' })
  expect(asked.page).toContain(`name="challenge" value="${codes.challenge}"`)
  expect(asked.page).not.toContain('type="password"')
  const wrong = await signIn('', '', { ...codes, code: '000000' })
  expect(wrong).toMatchObject({ status: 401, cookie: '' })
  expect(wrong.page).toMatch(/InvalidCode[\s\S]*name="code"/)
  const late = await signIn('', '', { ...codes, challenge: 'another' })
  expect(late.page).toMatch(/InvalidChallenge[\s\S]*type="password"/)
  // n.b. the key of those who only read is no code
  expect(await signIn('', key, { ...codes, code: '000000' })).toMatchObject({ status: 401, cookie: '' })
  const { status, to, cookie } = await signIn('', '', codes)
  expect([status, to]).toEqual([303, '/map'])
  expect((await retry(cookie)).status).toBe(200)
  expect(retried).toEqual([`ADMIN ${orderId}`])
})

it('lets no staff in who need a second factor and have none', async () => {
  const { signIn } = await openShop()
  for (const role of ['staff', 'admin']) {
    const { status, cookie, page } = await signIn(`bare.${role}@example.com`)
    expect([status, cookie]).toEqual([401, ''])
    expect(page).toContain('second factor')
  }
})

it('reads the orders in the name of whoever has signed in, and asks for an account for who has only the key', async () => {
  const { console, signIn, asked } = await openShop()
  const silences = []
  for (const [email, password] of [
    ['staff@example.com', 'right'],
    ['', key],
  ] as const) {
    const { cookie } = await signIn(email, password)
    const response = await fetch(console.at('/orders'), { headers: { cookie, accept: 'application/json' } })
    silences.push(Object(await response.json()).shopIsSilent)
  }
  expect(silences).toEqual([null, expect.stringContaining('STAFF_EMAIL')])
  expect(asked).toEqual(['STAFF'])
})
