import { once } from 'node:events'
import { createServer } from 'node:net'
import { expect, it, onTestFinished, vi } from 'vitest'
import { z } from 'zod'
import { startTokenIssuer } from '../../testbed/token-issuer.ts'
import { startGatewayUnderTest } from './gateway-under-test.ts'

const everyone = '{ whoAsksProducts whoAsksOrders }'

it('tells each subgraph who asks, by a token made for that subgraph', async () => {
  const { post, tokens, products, orders } = await startGatewayUnderTest()
  const token = await tokens.customer('ada', { scopes: ['orders:read', 'users:read'], sessionId: 'first' })
  const { body } = await post(everyone, { authorization: `Bearer ${token}` })
  const ada = 'user ada orders:read users:read'
  expect(body.data).toEqual({ whoAsksProducts: ada, whoAsksOrders: ada })
  expect(products.received[0]?.viewer).toMatchObject({ sessionId: 'first' })
  const [toProducts, toOrders] = [products.received[0]?.headers, orders.received[0]?.headers]
  expect(toProducts?.authorization).not.toBe(toOrders?.authorization)
})

it('passes on neither the access token nor headers that claim an identity', async () => {
  const { post, tokens, products } = await startGatewayUnderTest()
  const token = await tokens.customer('ada')
  await post(everyone, { authorization: `Bearer ${token}`, 'x-user-id': 'grace', 'x-role': 'ADMIN' })
  const headers = JSON.stringify(products.received[0]?.headers)
  expect(headers).toContain('Bearer')
  for (const secret of [token, 'grace', 'x-user-id', 'x-role']) expect(headers).not.toContain(secret)
})

it('lets an anonymous caller be anonymous', async () => {
  const { post } = await startGatewayUnderTest()
  const { body } = await post(everyone, { 'x-user-id': 'grace' })
  expect(body.data).toEqual({ whoAsksProducts: 'anonymous', whoAsksOrders: 'anonymous' })
})

it('answers a bad token with 401 and asks no subgraph', async () => {
  const { post, tokens, products, orders } = await startGatewayUnderTest()
  const bad = [
    'Bearer nonsense',
    'Bearer a.b.c',
    'Bearer',
    'Basic YWRhOmFkYQ==',
    `Bearer ${await tokens.customer('ada', { lifetimeSeconds: -1 })}`,
    `Bearer ${await tokens.customer('ada', { audience: 'another' })}`,
    `Bearer ${await tokens.byStranger()}`,
    `Bearer ${await tokens.withoutSession()}`,
    `Bearer ${await tokens.withoutUser()}`,
  ]
  for (const authorization of bad) {
    const { status, headers, body } = await post(everyone, { authorization })
    expect([authorization, status]).toEqual([authorization, 401])
    expect(headers.get('www-authenticate')).toBe('Bearer')
    expect(body).toEqual({
      errors: [
        {
          message: 'The access token is not valid, or it has expired: sign in again.',
          extensions: { code: 'UNAUTHENTICATED' },
        },
      ],
    })
  }
  expect([...products.received, ...orders.received]).toEqual([])
})

it('refuses an expired token, even if it was accepted before', async () => {
  const { post, tokens } = await startGatewayUnderTest()
  const authorization = `Bearer ${await tokens.customer('ada', { lifetimeSeconds: 60 })}`
  expect((await post(everyone, { authorization })).status).toBe(200)
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 61_000 })
  onTestFinished(() => void vi.useRealTimers())
  expect((await post(everyone, { authorization })).status).toBe(401)
})

it('fetches the keys from another replica while one is away and one never answers', async () => {
  const hanging = createServer().listen(0, '127.0.0.1')
  await once(hanging, 'listening')
  const issuer = await startTokenIssuer()
  onTestFinished(async () => {
    hanging.close()
    await issuer.stop()
  })
  const { port } = z.object({ port: z.number() }).parse(hanging.address())
  const { post } = await startGatewayUnderTest({
    JWKS_URL: `http://127.0.0.1:1/jwks.json,http://127.0.0.1:${port}/jwks.json,${issuer.jwksUrl}`,
  })
  expect((await post(everyone, { authorization: `Bearer ${await issuer.customer('ada')}` })).status).toBe(200)
})

it('answers 503 while the keys can not be fetched, and takes nobody for anonymous', async () => {
  const { post, tokens } = await startGatewayUnderTest({ JWKS_URL: 'http://127.0.0.1:1/jwks.json' })
  const { status, body } = await post(everyone, { authorization: `Bearer ${await tokens.customer('ada')}` })
  expect(status).toBe(503)
  expect(body.data).toBeUndefined()
  expect(body.errors?.[0]?.extensions).toEqual({ code: 'SERVICE_UNAVAILABLE' })
  expect(JSON.stringify(body)).not.toMatch(/127\.0\.0\.1|ECONNREFUSED|jwks/)
})
