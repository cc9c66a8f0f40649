import { createServer } from 'node:http'
import { composeServices } from '@apollo/composition'
import { createIdentityKeys, createIdentityVerifier, identityIssuers } from '@supergraph/runtime/identity.ts'
import { GraphQLError, parse } from 'graphql'
import { type Client, createClient } from 'graphql-ws'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import { onTestFinished } from 'vitest'
import { type RawData, WebSocket } from 'ws'
import { z } from 'zod'
import { readEnvironment } from '../environment.ts'
import { startGateway } from '../server.ts'
import { createPriceFeed } from './price-feed.ts'
import { startStandIn } from './stand-in-subgraph.ts'

const productsSdl = `
  extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key"])
  type Query { product(id: ID!): Product products: [Product!] whoAsksProducts: String refused: String broken: String }
  type Mutation { renameProduct(id: ID!, name: String!): Product }
  type Subscription { priceChanged(productId: ID!): PriceChange refusedChanges: PriceChange }
  type PriceChange { product: Product! amountMinor: Int! whoAsks: String! }
  type Product @key(fields: "id") { id: ID! name: String! }
`
const ordersSdl = `
  extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key"])
  type Query { whoAsksOrders: String }
  type Product @key(fields: "id") { id: ID! timesOrdered(status: String): Int whoAsksOrders: String }
`

type Context = { readonly viewer: { readonly kind: string; readonly id?: string; readonly role?: string } }
const whoAsks = (_: unknown, __: unknown, { viewer }: Context) =>
  [viewer.kind, viewer.id, viewer.role].filter(part => part !== undefined).join(' ')

const nameOf = (id: string) => `Product ${id}`

/** Starts a gateway over two stand-ins, all of it stopped with the test. */
export const startGatewayUnderTest = async (settings: Readonly<Record<string, string>> = {}) => {
  const { keys, issuers } = await createIdentityKeys(['gateway'])
  const verifierFor = (service: string) => createIdentityVerifier(service, identityIssuers.parse(issuers))
  const feed = createPriceFeed()

  const startProducts = (port = 0) =>
    startStandIn({
      sdl: productsSdl,
      verifyIdentity: verifierFor('products'),
      port,
      resolvers: {
        Query: {
          product: (_: unknown, { id }: { id: string }) => ({ id, name: nameOf(id) }),
          products: () => ['1', '2', '3'].map(id => ({ id, name: nameOf(id) })),
          whoAsksProducts: whoAsks,
          refused: () => {
            throw new GraphQLError('Not for you', {
              extensions: { code: 'FORBIDDEN', stacktrace: ['at /srv/app.ts'], http: { status: 418 } },
            })
          },
          broken: () => {
            throw new Error('database 10.0.0.8:5432 is gone')
          },
        },
        Mutation: { renameProduct: (_: unknown, product: { id: string; name: string }) => product },
        Subscription: {
          priceChanged: {
            subscribe: (_: unknown, { productId }: { productId: string }) => feed.subscribe(productId),
          },
          refusedChanges: {
            subscribe: () => {
              throw new GraphQLError('No such thing', { extensions: { code: 'NOT_FOUND' } })
            },
          },
        },
        PriceChange: {
          product: ({ id }: { id: string }) => ({ id, name: nameOf(id) }),
          whoAsks,
        },
        Product: { __resolveReference: ({ id }: { id: string }) => ({ id, name: nameOf(id) }) },
      },
    })

  const products = await startProducts()
  const orders = await startStandIn({
    sdl: ordersSdl,
    verifyIdentity: verifierFor('orders'),
    resolvers: {
      Query: { whoAsksOrders: whoAsks },
      Product: {
        __resolveReference: ({ id }: { id: string }) => ({ id }),
        timesOrdered: ({ id }: { id: string }) => Number(id) * 10,
        whoAsksOrders: whoAsks,
      },
    },
  })
  const tokens = await startTokenIssuer()
  const composed = composeServices([
    { name: 'products', url: products.url, typeDefs: parse(productsSdl) },
    { name: 'orders', url: orders.url, typeDefs: parse(ordersSdl) },
  ])
  if (composed.errors !== undefined) throw new AggregateError(composed.errors, 'the stand-ins do not compose')

  const environment = readEnvironment({
    NODE_ENV: 'test',
    LOG_LEVEL: 'silent',
    PORT: '0',
    IDENTITY_KEY: keys.gateway,
    JWKS_URL: tokens.jwksUrl,
    SUBGRAPH_TIMEOUT_MS: '500',
    ...settings,
  })
  const gateway = await startGateway(environment, { supergraphSdl: composed.supergraphSdl })
  onTestFinished(async () => {
    await gateway.stop()
    await Promise.all([products.stop(), orders.stop(), tokens.stop()])
  })
  const origin = `http://127.0.0.1:${gateway.port}`
  return { gateway, origin, products, orders, tokens, feed, startProducts, ...clientsOf(origin) }
}

const clientsOf = (origin: string) => ({
  /** Sends an operation as front ends do. */
  post: async (query: string, headers: Readonly<Record<string, string>> = {}, variables?: object) => {
    const response = await fetch(`${origin}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify({ query, variables }),
    })
    return { status: response.status, headers: response.headers, body: answer.parse(await response.json()) }
  },

  /** A graphql-ws client that does not reconnect. */
  socketClient: (connectionParams: Readonly<Record<string, unknown>> = {}): Client => {
    const client = createClient({
      url: `${origin.replace('http', 'ws')}/graphql`,
      webSocketImpl: WebSocket,
      connectionParams,
      retryAttempts: 0,
    })
    onTestFinished(async () => client.terminate())
    return client
  },

  /** A socket without a client around it, and what closes it. */
  rawSocket: async (headers: Readonly<Record<string, string>> = {}) => {
    const socket = new WebSocket(`${origin.replace('http', 'ws')}/graphql`, 'graphql-transport-ws', {
      headers,
    })
    onTestFinished(() => socket.terminate())
    const messages: unknown[] = []
    socket.on('message', (data: RawData) => messages.push(JSON.parse(String(data))))
    const closed = new Promise<{ code: number; reason: string }>(resolve => {
      socket.once('close', (code, reason) => resolve({ code, reason: String(reason) }))
    })
    await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject))
    return { messages, closed, send: (message: object) => socket.send(JSON.stringify(message)) }
  },
})

const answer = z.object({
  data: z.record(z.string(), z.unknown()).nullish(),
  errors: z
    .array(
      z.object({
        message: z.string(),
        path: z.array(z.unknown()).optional(),
        extensions: z.record(z.string(), z.unknown()),
      }),
    )
    .optional(),
})

const startTokenIssuer = async () => {
  const { privateKey, publicKey } = await generateKeyPair('ES256')
  const stranger = await generateKeyPair('ES256')
  const jwks = { keys: [{ ...(await exportJWK(publicKey)), kid: 'one', alg: 'ES256' }] }
  const server = createServer((_request, response) => response.end(JSON.stringify(jwks)))
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const sign = (
    claims: Readonly<Record<string, unknown>>,
    { lifetimeSeconds = 60, audience = 'commerce-supergraph', key = privateKey } = {},
  ) =>
    new SignJWT({ ...claims })
      .setProtectedHeader({ alg: 'ES256', kid: 'one' })
      .setIssuer('commerce-supergraph')
      .setAudience(audience)
      .setIssuedAt()
      .setExpirationTime(Math.floor(Date.now() / 1_000) + lifetimeSeconds)
      .sign(key)
  return {
    jwksUrl: `http://127.0.0.1:${port}/.well-known/jwks.json`,
    customer: (id: string, options?: { lifetimeSeconds?: number; audience?: string }) =>
      sign({ sub: id, role: 'CUSTOMER' }, options),
    withoutRole: () => sign({ sub: 'ada' }),
    byStranger: () => sign({ sub: 'ada', role: 'ADMIN' }, { key: stranger.privateKey }),
    stop: async () => {
      server.closeAllConnections()
      server.close()
    },
  }
}
