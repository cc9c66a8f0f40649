import { createInProcessTransport } from '@supergraph/messaging/in-process.ts'
import { countRequestQueries, createTestDatabase } from '@supergraph/postgres/tests/test-database.ts'
import { createIdentitySigner, type Viewer } from '@supergraph/runtime/identity.ts'
import { createIdentityKeys, identityKey } from '@supergraph/runtime/identity-keys.ts'
import { startAll } from '@supergraph/runtime/lifecycle.ts'
import { createLogger } from '@supergraph/runtime/logger.ts'
import { uuidv7 } from '@supergraph/runtime/uuid.ts'
import { Pool } from 'pg'
import { z } from 'zod'
import { postGraphQL } from '../../../testbed/graphql-client.ts'
import { readEnvironment } from '../environment.ts'
import { startProducts } from '../server.ts'

/** A GraphQL answer: `data` is checked where it is used. */
export type SubgraphResponse = {
  readonly status: number
  readonly data: unknown
  readonly codes: readonly unknown[]
}

export const anonymous: Viewer = { kind: 'anonymous' }
export const customer: Viewer = { kind: 'user', id: uuidv7(), scopes: [], sessionId: uuidv7() }
export const staff: Viewer = {
  kind: 'user',
  id: uuidv7(),
  scopes: ['catalog:write'],
  sessionId: uuidv7(),
}
export const orders: Viewer = { kind: 'service', name: 'orders', scopes: ['stock:reserve'] }
export const users: Viewer = { kind: 'service', name: 'users', scopes: ['stock:reserve'] }

const body = z.object({
  data: z.unknown().optional(),
  errors: z.array(z.object({ extensions: z.object({ code: z.unknown() }) })).default([]),
})

/** From where everybody asks. */
export const clientAddress = '198.51.100.7'

/** Starts the products subgraph, twice if `replicas` is 2, on a database of its own. */
export const startTestProducts = ({ demoData = false, replicas = 1, reservationTtlSeconds = 900 } = {}) =>
  startAll(async use => {
    const database = await createTestDatabase()
    use({ stop: database.drop })
    const sql = new Pool({ connectionString: database.url, max: 4 })
    // n.b. "end" doesn't wait for the connections to close, and dropping the database ends what is left of them
    sql.on('error', () => {})
    use({ stop: () => sql.end() })
    const { keys, issuers } = await createIdentityKeys(['gateway', 'orders', 'users'])
    const signerOf = (issuer: string) => createIdentitySigner(issuer, identityKey.parse(keys[issuer]))
    const transport = use(createInProcessTransport({ logger: createLogger('test', 'silent') }))
    const queries = countRequestQueries()
    const environment = readEnvironment({
      PORT: '0',
      DATABASE_URL: database.url,
      IDENTITY_ISSUERS: issuers,
      LOG_LEVEL: 'silent',
      DEMO_DATA: String(demoData),
      RESERVATION_TTL_SECONDS: String(reservationTtlSeconds),
    })
    const started = await Promise.all(
      Array.from({ length: replicas }, () => startProducts(environment, transport, queries)),
    )
    for (const running of started) use(running)
    const [{ url } = { url: '' }] = started

    const send = async (
      query: string,
      variables: object,
      token?: string,
      headers: Readonly<Record<string, string>> = {},
    ): Promise<SubgraphResponse> => {
      const { status, text } = await postGraphQL(url, { query, variables }, { accessToken: token, headers })
      const { data, errors } = body.parse(JSON.parse(text))
      return { status, data, codes: errors.map(error => error.extensions.code) }
    }
    const tokenFor = (viewer: Viewer, audience = 'products') =>
      signerOf(viewer.kind === 'service' ? viewer.name : 'gateway').sign(audience, viewer, clientAddress)

    return {
      url,
      databaseUrl: database.url,
      transport,
      send,
      tokenFor,
      /** Asks as a viewer. */
      ask: async (
        viewer: Viewer,
        query: string,
        variables: object = {},
        headers: Readonly<Record<string, string>> = {},
      ): Promise<SubgraphResponse> => send(query, variables, await tokenFor(viewer), headers),
      /** The statements of requests since the last `queries.reset()`, without those that append events. */
      statements: () => queries.statements().filter(statement => !/\boutbox\b/.test(statement)),
      queries,
      /** A session of its own with the database, to hold locks in. */
      connect: () => sql.connect(),
      /** Reads or changes the database behind the service's back. */
      rows: async (text: string, values: readonly unknown[] = []): Promise<readonly unknown[]> =>
        (await sql.query(text, [...values])).rows,
    }
  })

export type TestProducts = Awaited<ReturnType<typeof startTestProducts>>

const created = z.object({ createProduct: z.object({ product: z.object({ id: z.string() }) }) })

/** Adds a product with this many units and gives its id. */
export const addProduct = async (products: TestProducts, available: number): Promise<string> => {
  const { data } = await products.ask(
    staff,
    `mutation ($input: CreateProductInput!) {
      createProduct(input: $input) { ... on CreateProductSuccess { product { id } } }
    }`,
    { input: { sku: `SKU-${uuidv7()}`, name: 'Mug', priceMinor: 1_800, currency: 'EUR', available } },
  )
  return created.parse(data).createProduct.product.id
}
