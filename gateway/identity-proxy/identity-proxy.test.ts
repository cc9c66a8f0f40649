import { createServer, type IncomingHttpHeaders } from 'node:http'
import { createInProcessTransport } from '@supergraph/messaging/in-process.ts'
import { createIdentityVerifier } from '@supergraph/runtime/identity.ts'
import { createIdentityKeys, identityIssuers } from '@supergraph/runtime/identity-keys.ts'
import { createLogger } from '@supergraph/runtime/logger.ts'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startTokenIssuer } from '../../testbed/token-issuer.ts'
import { readEnvironment } from '../environment.ts'
import { startIdentityProxy } from './server.ts'

const received: {
  readonly path: string | undefined
  readonly headers: IncomingHttpHeaders
  readonly body: string
}[] = []
const stops: (() => unknown)[] = []
let proxyUrl = ''
let issuers = ''
let tokens: Awaited<ReturnType<typeof startTokenIssuer>>

beforeAll(async () => {
  const subgraph = createServer(async (request, response) => {
    const body = (await request.toArray()).join('')
    received.push({ path: request.url, headers: request.headers, body })
    response.writeHead(200, { 'content-type': 'application/json', 'set-cookie': 'a=b' }).end('{"data":{}}')
  })
  await new Promise<void>(resolve => subgraph.listen(0, '127.0.0.1', resolve))
  const address = subgraph.address()
  const port = typeof address === 'object' ? address?.port : 0
  tokens = await startTokenIssuer()
  const identity = await createIdentityKeys(['gateway'])
  issuers = identity.issuers
  const transport = createInProcessTransport({ logger: createLogger('messaging', 'silent') })
  const environment = readEnvironment({
    PORT: '0',
    LOG_LEVEL: 'silent',
    IDENTITY_KEY: identity.keys.gateway,
    JWKS_URL: tokens.jwksUrl,
    TRUST_PROXY_HOPS: '1',
    USERS_URL: `http://127.0.0.1:${port}/graphql`,
    // n.b. one replica is away
    ANALYTICS_URL: `http://127.0.0.1:9/graphql,http://127.0.0.1:${port}/graphql`,
    ORDERS_URL: 'http://127.0.0.1:9/graphql',
  })
  const proxy = await startIdentityProxy(environment, transport)
  proxyUrl = proxy.url
  stops.push(proxy.stop, tokens.stop, () => subgraph.close())
})

afterAll(async () => {
  for (const stop of stops) await stop()
})

const post = (path: string, headers: Readonly<Record<string, string>> = {}) =>
  fetch(`${proxyUrl}${path}`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'x-forwarded-for': '203.0.113.9',
      cookie: 'a=b',
      ...headers,
    },
    body: '{"query":"{ me { id } }"}',
  })

const identityFor = (audience: string) =>
  createIdentityVerifier(
    audience,
    identityIssuers.parse(issuers),
  )(received.at(-1)?.headers.authorization?.replace('Bearer ', ''))

it('sends a request on under an identity token for the subgraph, with what that is told of the client', async () => {
  const answer = await post('/users', { authorization: `Bearer ${await tokens.customer('ada')}` })
  expect([answer.status, await answer.json(), answer.headers.get('set-cookie')]).toEqual([
    200,
    { data: {} },
    null,
  ])
  expect(received.at(-1)).toMatchObject({ path: '/graphql', body: '{"query":"{ me { id } }"}' })
  expect(received.at(-1)?.headers.cookie).toBeUndefined()
  expect(await identityFor('users')).toMatchObject({
    viewer: { kind: 'user', id: 'ada' },
    clientAddress: '203.0.113.9',
  })
  await expect(identityFor('products')).rejects.toThrow('identity token')
})

it('tells a subgraph that does not ask for the address nothing of it, and of nobody that they are nobody', async () => {
  for (let asked = 0; asked < 4; asked += 1) expect((await post('/analytics')).status).toBe(200)
  const identity = await identityFor('analytics')
  expect(identity.viewer).toEqual({ kind: 'anonymous' })
  expect(identity.clientAddress).toBeUndefined()
})

it.each([
  ['a token that is not ours', '/users', { authorization: 'Bearer x' }, 401, 'UNAUTHENTICATED'],
  ['a subgraph that is none', '/nobody', {}, 404, 'BAD_REQUEST'],
  ['a subgraph that is away', '/orders', {}, 503, 'SERVICE_UNAVAILABLE'],
])('refuses %s', async (_, path, headers, status, code) => {
  const before = received.length
  const answer = await post(path, headers)
  expect(answer.status).toBe(status)
  expect(await answer.json()).toMatchObject({ errors: [{ extensions: { code } }] })
  expect(received).toHaveLength(before)
})

it('is ready', async () => {
  expect((await fetch(`${proxyUrl}/health/ready`)).status).toBe(200)
})
