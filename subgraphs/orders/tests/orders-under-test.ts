import { createInProcessTransport } from '@supergraph/messaging/in-process.ts'
import { createTestDatabase } from '@supergraph/postgres/tests/test-database.ts'
import { timeoutHeader } from '@supergraph/runtime/deadline.ts'
import { createIdentitySigner, type Viewer } from '@supergraph/runtime/identity.ts'
import { createIdentityKeys, identityKey } from '@supergraph/runtime/identity-keys.ts'
import { startAll, type Use } from '@supergraph/runtime/lifecycle.ts'
import { createLogger } from '@supergraph/runtime/logger.ts'
import { uuidv7 } from '@supergraph/runtime/uuid.ts'
import { Pool, type QueryResultRow } from 'pg'
import { afterAll } from 'vitest'
import { z } from 'zod'
import { postGraphQL } from '../../../testbed/graphql-client.ts'
import { readEnvironment } from '../environment.ts'
import { type Options, startOrders } from '../server.ts'
import { createPaymentsStandIn } from './payments-stand-in.ts'
import { startProductsStandIn } from './products-stand-in.ts'

export const customer = (id = uuidv7()) =>
  ({ kind: 'user', id, scopes: [], sessionId: uuidv7() }) as const satisfies Viewer
export const staff = {
  kind: 'user',
  id: uuidv7(),
  scopes: ['orders:read', 'orders:manage'],
  sessionId: uuidv7(),
} as const satisfies Viewer
export const anonymous = { kind: 'anonymous' } as const satisfies Viewer

export const address = {
  name: 'Ada Lovelace',
  line1: '1 Engine Lane',
  line2: 'Second floor',
  city: 'London',
  postalCode: 'SW1Y 4JH',
  country: 'GB',
}

const eventTypes = [
  'order.placed',
  'order.payment-changed',
  'order.confirmed',
  'order.rejected',
  'order.cancelled',
  'order.shipped',
  'order.delivered',
  'order.refunded',
]
const recorded = z.object({
  type: z.string(),
  subject: z.string(),
  version: z.int(),
  time: z.string(),
  data: z.unknown(),
})
const answer = z.object({
  data: z.record(z.string(), z.unknown()).nullish(),
  errors: z.array(z.object({ message: z.string(), extensions: z.object({ code: z.string() }) })).optional(),
})

type Settings = Readonly<Record<string, string>>

/**
 * The orders subgraph with a database of its own and stand-ins for products and payments; stopped when the suite has ended.
 * Settings may follow from the URL of the database.
 */
export const startOrdersUnderTest = async (
  settings: Settings | ((databaseUrl: string) => Promise<Settings>) = {},
  options?: Options,
) => {
  const settle = typeof settings === 'function' ? settings : async () => settings
  const orders = await startAll(use => startParts(use, settle, options))
  afterAll(orders.stop)
  return orders
}

export type OrdersUnderTest = Awaited<ReturnType<typeof startOrdersUnderTest>>

const startParts = async (
  use: Use,
  settle: (databaseUrl: string) => Promise<Settings>,
  options: Options = {},
) => {
  const { keys, issuers } = await createIdentityKeys(['gateway', 'orders', 'stranger'])
  const database = await createTestDatabase()
  use({ stop: database.drop })
  const pool = new Pool({ connectionString: database.url })
  // n.b. "end" doesn't wait for the connections to close, and dropping the database ends what is left of them
  pool.on('error', () => {})
  use({ stop: () => pool.end() })
  const products = use(await startProductsStandIn(issuers))
  const payments = createPaymentsStandIn()
  const logger = createLogger('test', 'silent')
  const events: z.output<typeof recorded>[] = []
  const environment = readEnvironment({
    PORT: '0',
    LOG_LEVEL: 'silent',
    DATABASE_URL: database.url,
    IDENTITY_ISSUERS: issuers,
    IDENTITY_KEY: keys.orders,
    PRODUCTS_URL: products.url,
    STRIPE_API_KEY: 'sk_test_orders',
    ...(await settle(database.url)),
  })
  /** Starts one more process of the subgraph on the same database, with some other settings. */
  const start = async (others: Partial<typeof environment> = {}) => {
    const transport = use(createInProcessTransport({ logger }))
    await transport.consume({
      queue: 'test.on-order-events',
      types: eventTypes,
      prefetch: 1,
      deliver: async envelope => {
        events.push(recorded.parse(envelope))
        return { kind: 'ack' }
      },
    })
    return use(
      await startOrders({ ...environment, ...others }, transport, {
        payments: payments.payments,
        ...options,
      }),
    )
  }
  const { url } = await start()

  /** A token for the viewer as the subgraph wants it, or for another audience or by another issuer. */
  const token = (
    viewer: Viewer,
    { audience = 'orders', issuer = issuerOf(viewer), clientAddress }: TokenChoice = {},
  ) => createIdentitySigner(issuer, identityKey.parse(keys[issuer])).sign(audience, viewer, clientAddress)

  const post = async (
    bearer: string | undefined,
    query: string,
    variables: object = {},
    endpoint = url,
    waitMs?: number,
  ) => {
    const headers = { [timeoutHeader]: waitMs?.toString() }
    const { status, text } = await postGraphQL(
      endpoint,
      { query, variables },
      { accessToken: bearer, headers },
    )
    return { status, ...answer.parse(JSON.parse(text)) }
  }

  return {
    url,
    databaseUrl: database.url,
    start,
    products,
    payments,
    token,
    post,
    events: (orderId: string) => events.filter(({ subject }) => subject === orderId),
    /** Asks on behalf of the viewer. */
    ask: async (
      viewer: Viewer,
      query: string,
      variables: object = {},
      endpoint = url,
      waitMs?: number,
      clientAddress?: string,
    ) => post(await token(viewer, { clientAddress }), query, variables, endpoint, waitMs),
    sql: async <R extends QueryResultRow>(
      text: string,
      values: readonly unknown[] = [],
    ): Promise<readonly R[]> => (await pool.query<R>(text, [...values])).rows,
  }
}

type TokenChoice = {
  readonly audience?: string
  readonly issuer?: string
  readonly clientAddress?: string | undefined
}

const issuerOf = (viewer: Viewer): string => (viewer.kind === 'service' ? viewer.name : 'gateway')
