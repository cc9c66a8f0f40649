import { writeFileSync } from 'node:fs'
import { composeServices } from '@apollo/composition'
import { createInProcessTransport } from '@supergraph/messaging/in-process.ts'
import type { Transport } from '@supergraph/messaging/transport.ts'
import { createIdentityVerifier, type Viewer } from '@supergraph/runtime/identity.ts'
import { createIdentityKeys, identityIssuers } from '@supergraph/runtime/identity-keys.ts'
import { createLogger } from '@supergraph/runtime/logger.ts'
import { GraphQLError, parse } from 'graphql'
import { type Client, createClient } from 'graphql-ws'
import { onTestFinished } from 'vitest'
import { type RawData, WebSocket } from 'ws'
import { z } from 'zod'
import { startTokenIssuer } from '../../testbed/token-issuer.ts'
import { createTrustedDocuments } from '../documents/trusted-documents.ts'
import { readEnvironment } from '../environment.ts'
import { startGateway } from '../server.ts'
import { createPriceFeed } from './price-feed.ts'
import { startStandIn } from './stand-in-subgraph.ts'
import { createStockLog } from './stock-log.ts'

const productsSdl = `
  extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@tag"])
  scalar Date
  scalar DateTime @specifiedBy(url: "https://scalars.graphql.org/andimarek/date-time.html")
  scalar SafeInt
  type Query {
    product(id: ID!): Product products: [Product!] whoAsksProducts: String refused: String broken: String
    many(count: Int!, distinct: Int!): [Product!] text(bytes: Int!): String
    onDay(day: Date, days: [Date!]): String at(instant: DateTime): String count(of: SafeInt): String
  }
  type Mutation { renameProduct(id: ID!, name: String!): Product }
  type Subscription {
    priceChanged(productId: ID!): PriceChange
    refusedChanges: PriceChange
    stockChanged(productId: ID!, after: Int @tag(name: "resumes-after/version")): StockChange
      @tag(name: "begins-with-state")
  }
  type PriceChange { product: Product! amountMinor: Int! whoAsks: String! }
  type StockChange { product: Product! units: Int! version: Int! whoAsks: String! }
  type Product @key(fields: "id") { id: ID! name: String! secretRecipe: String }
`
const ordersSdl = `
  extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key"])
  type Query { whoAsksOrders: String }
  type Product @key(fields: "id") { id: ID! timesOrdered(status: String): Int whoAsksOrders: String }
`
const usersSdl = `
  extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@tag"])
  type Query { whoAsksUsers: String @tag(name: "client-address") @tag(name: "client-device") }
  type Product @key(fields: "id") { id: ID! seenFrom: String }
`

const whoAsks = (_: unknown, __: unknown, { viewer }: { readonly viewer: Viewer }) =>
  viewer.kind === 'user' ? ['user', viewer.id, ...viewer.scopes].join(' ') : viewer.kind

const nameOf = (id: string) => `Product ${id}`

/**
 * Starts a gateway over three stand-ins, all of it stopped with the test. With SUPERGRAPH_PATH, the supergraph is written
 * there first.
 */
export const startGatewayUnderTest = async (
  settings: Readonly<Record<string, string>> = {},
  transport: Transport = createInProcessTransport({ logger: createLogger('messaging', 'silent') }),
  trustedDocuments: readonly string[] = [],
) => {
  const { keys, issuers } = await createIdentityKeys(['gateway'])
  const verifierFor = (service: string) => createIdentityVerifier(service, identityIssuers.parse(issuers))
  const feed = createPriceFeed()
  const stock = createStockLog()

  const startProducts = (port = 0) =>
    startStandIn({
      sdl: productsSdl,
      verifyIdentity: verifierFor('products'),
      port,
      resolvers: {
        Query: {
          product: (_: unknown, { id }: { id: string }) => ({ id, name: nameOf(id) }),
          products: () => ['1', '2', '3'].map(id => ({ id, name: nameOf(id) })),
          many: (_: unknown, { count, distinct }: { count: number; distinct: number }) =>
            Array.from({ length: count }, (_, index) => ({ id: String(index % distinct), name: 'Mug' })),
          text: (_: unknown, { bytes }: { bytes: number }) => 'x'.repeat(bytes),
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
          stockChanged: {
            subscribe: (_: unknown, { productId, after }: { productId: string; after?: number }) =>
              stock.follow(productId, after ?? undefined),
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
        StockChange: {
          product: ({ id }: { id: string }) => ({ id, name: nameOf(id) }),
          whoAsks,
        },
        Product: {
          __resolveReference: ({ id }: { id: string }) => ({ id, name: nameOf(id) }),
          secretRecipe: () => {
            throw new GraphQLError('Not for you', { extensions: { code: 'FORBIDDEN' } })
          },
        },
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
  const users = await startStandIn({
    sdl: usersSdl,
    verifyIdentity: verifierFor('users'),
    resolvers: {
      Query: { whoAsksUsers: whoAsks },
      Product: {
        __resolveReference: ({ id }: { id: string }) => ({ id }),
        seenFrom: () => 'somewhere',
      },
    },
  })
  const tokens = await startTokenIssuer()
  const subgraphs = [
    { name: 'products', url: products.url, sdl: productsSdl },
    { name: 'orders', url: orders.url, sdl: ordersSdl },
    { name: 'users', url: users.url, sdl: usersSdl },
  ]
  const composed = composeServices(
    subgraphs.map(({ name, url, sdl }) => ({ name, url, typeDefs: parse(sdl) })),
  )
  if (composed.errors !== undefined) throw new AggregateError(composed.errors, 'the stand-ins do not compose')
  const { supergraphSdl } = composed
  if (settings.SUPERGRAPH_PATH !== undefined) writeFileSync(settings.SUPERGRAPH_PATH, supergraphSdl)

  const environment = readEnvironment({
    NODE_ENV: 'test',
    LOG_LEVEL: 'silent',
    PORT: '0',
    IDENTITY_KEY: keys.gateway,
    JWKS_URL: tokens.jwksUrl,
    SUBGRAPH_TIMEOUT_MS: '500',
    ...settings,
  })
  const logger = createLogger('gateway', environment.LOG_LEVEL)
  const gateway = await startGateway(environment, transport, {
    ...(settings.SUPERGRAPH_PATH === undefined && { supergraphSdl }),
    logger,
    trustedDocuments: () => createTrustedDocuments(trustedDocuments),
  })
  onTestFinished(async () => {
    await gateway.stop()
    await Promise.all([products.stop(), orders.stop(), users.stop(), tokens.stop(), transport.stop()])
  })
  const origin = `http://127.0.0.1:${gateway.port}`
  return {
    gateway,
    subgraphs,
    supergraphSdl,
    logger,
    transport,
    origin,
    products,
    orders,
    users,
    tokens,
    feed,
    stock,
    startProducts,
    ...clientsOf(origin),
  }
}

/** Clients of the gateway at this origin. */
export const clientsOf = (origin: string) => ({
  /** Sends an operation as front ends do. */
  post: async (query: string, headers: Readonly<Record<string, string>> = {}, variables?: object) => {
    const response = await fetch(`${origin}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify({ query, variables }),
    })
    return {
      status: response.status,
      headers: response.headers,
      body: answer.parse(parseAnswer(await response.text())),
    }
  },

  /** A graphql-ws client that does not reconnect. */
  socketClient: (
    connectionParams: Readonly<Record<string, unknown>> = {},
    webSocketImpl: unknown = WebSocket,
  ): Client => {
    const client = createClient({
      url: `${origin.replace('http', 'ws')}/graphql`,
      webSocketImpl,
      connectionParams,
      retryAttempts: 0,
      jsonMessageReviver: leaveOut,
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
    const rawMessages: string[] = []
    socket.on('message', (data: RawData) => {
      messages.push(parseAnswer(String(data)))
      rawMessages.push(String(data))
    })
    const closed = new Promise<{ code: number; reason: string }>(resolve => {
      socket.once('close', (code, reason) => resolve({ code, reason: String(reason) }))
    })
    await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject))
    return {
      messages,
      /** The same as they came. */
      rawMessages,
      closed,
      send: (message: object) => socket.send(JSON.stringify(message)),
      sendText: (message: string) => socket.send(message),
      close: () => socket.close(),
      /** Stops reading, so that the client answers nothing. */
      pause: () => socket.pause(),
    }
  },
})

/** Parses an answer without what `leaveOut` leaves out. */
export const parseAnswer = (text: string): unknown => JSON.parse(text, leaveOut)

/** For JSON.parse: leaves out of errors what differs each time, or what the code says already. Tests of their own know these. */
export const leaveOut = (key: string, value: unknown): unknown =>
  key === 'traceId' || key === 'retryable' ? undefined : value

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
