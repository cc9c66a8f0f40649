import { readEnvironment as readGatewayEnvironment } from '@supergraph/gateway/environment.ts'
import { startGateway } from '@supergraph/gateway/server.ts'
import { createInProcessTransport } from '@supergraph/messaging/in-process.ts'
import { readEnvironment as readOrdersEnvironment } from '@supergraph/orders/environment.ts'
import { startOrders } from '@supergraph/orders/server.ts'
import { readEnvironment as readPaymentSimulatorEnvironment } from '@supergraph/payment-simulator/environment.ts'
import { startPaymentSimulator } from '@supergraph/payment-simulator/server.ts'
import { countQueries, createTestDatabase } from '@supergraph/postgres/tests/test-database.ts'
import { readEnvironment as readProductsEnvironment } from '@supergraph/products/environment.ts'
import { startProducts } from '@supergraph/products/server.ts'
import { createIdentityKeys } from '@supergraph/runtime/identity.ts'
import { createLogger } from '@supergraph/runtime/logger.ts'
import { readEnvironment as readUsersEnvironment } from '@supergraph/users/environment.ts'
import { startUsers } from '@supergraph/users/server.ts'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type GraphQLClient, signIn } from '../testbed/graphql-client.ts'
import { demoPassword } from './allocations.ts'

const counters = { users: countQueries(), products: countQueries(), orders: countQueries() }
const cleanUps: (() => Promise<unknown>)[] = []
let staff: GraphQLClient

beforeAll(async () => {
  const identity = await createIdentityKeys(['gateway', 'orders'])
  const variables = async () => {
    const database = await createTestDatabase()
    cleanUps.push(database.drop)
    return {
      PORT: '0',
      LOG_LEVEL: 'silent',
      DATABASE_URL: database.url,
      IDENTITY_ISSUERS: identity.issuers,
      DEMO_DATA: 'true',
      DEMO_PASSWORD: demoPassword,
    }
  }
  const use = <T extends { stop(): Promise<void> }>(running: T): T => {
    cleanUps.push(running.stop)
    return running
  }
  // n.b. never opened: the relays hold still, so that each statement counted belongs to a request
  const transport = createInProcessTransport({ logger: createLogger('test', 'silent'), startsOpen: false })
  const users = use(await startUsers(readUsersEnvironment(await variables()), transport, counters.users))
  const products = use(
    await startProducts(readProductsEnvironment(await variables()), transport, counters.products),
  )
  const apiKey = 'sk_test_counting'
  const payments = use(
    await startPaymentSimulator(
      readPaymentSimulatorEnvironment({ ...(await variables()), STRIPE_API_KEY: apiKey }),
    ),
  )
  const orders = use(
    await startOrders(
      readOrdersEnvironment({
        ...(await variables()),
        IDENTITY_KEY: identity.keys.orders,
        PRODUCTS_URL: products.url,
        STRIPE_API_KEY: apiKey,
        STRIPE_API_URL: payments.url,
      }),
      transport,
      counters.orders,
    ),
  )
  use(transport)
  const gateway = use(
    await startGateway(
      readGatewayEnvironment({
        PORT: '0',
        LOG_LEVEL: 'silent',
        IDENTITY_KEY: identity.keys.gateway,
        JWKS_URL: new URL('/.well-known/jwks.json', users.url).href,
        USERS_URL: users.url,
        PRODUCTS_URL: products.url,
        ORDERS_URL: orders.url,
      }),
      transport,
    ),
  )
  staff = await signIn(gateway.url, { email: 'staff@example.com', password: demoPassword })
})

afterAll(async () => {
  for (const cleanUp of cleanUps.reverse()) await cleanUp()
})

const page = `query OrdersPage($first: Int!) {
  orders(first: $first) {
    edges {
      node {
        number
        customer { name addresses { city } }
        items { quantity product { name available } }
        payment { status refunds { id } }
        tracking { trackingNumber }
        timeline { status actor by { name } }
      }
    }
  }
}`

const placeOrder = async () => {
  const { data } = await staff.ask(
    '{ products(first: 1, filter: { inStock: true }) { edges { node { id } } } }',
  )
  const [{ node }] = data.products.edges
  const input = {
    idempotencyKey: crypto.randomUUID(),
    items: [{ productId: node.id, quantity: 1 }],
    paymentMethod: 'pm_card_visa',
    shippingAddress: {
      name: 'Sam Staff',
      line1: '1 Desk',
      city: 'Berlin',
      postalCode: '10115',
      country: 'DE',
    },
  }
  await staff.ask('mutation Place($input: PlaceOrderInput!) { placeOrder(input: $input) { __typename } }', {
    input,
  })
}

/** Statements that each service ran for one page of orders with customers, products, payments and timelines, and the page's length. */
const statementsForPage = async (first: number) => {
  for (const counter of Object.values(counters)) counter.reset()
  const { data, errors } = await staff.ask(page, { first })
  expect(errors).toBeUndefined()
  return {
    length: data.orders.edges.length,
    users: counters.users.statements(),
    products: counters.products.statements(),
    orders: counters.orders.statements(),
  }
}

// n.b. relays and sweepers may run meanwhile: what they read is none of the page's
const ofRequests = (statements: readonly string[]) =>
  statements.filter(sql => !/\boutbox\b|for update skip locked|expires_at <= now/i.test(sql)).length

it('runs as many SQL statements for a page of many orders as for one, with customers, products, payments and who changed them', async () => {
  for (let placed = 0; placed < 10; placed += 1) await placeOrder()
  const one = await statementsForPage(1)
  const many = await statementsForPage(20)
  expect(one.length).toBe(1)
  expect(many.length).toBe(20)
  const count = ({ users, products, orders }: typeof one) => ({
    users: ofRequests(users),
    products: ofRequests(products),
    orders: ofRequests(orders),
  })
  expect(count(many)).toEqual(count(one))
  expect(count(many)).toEqual({ users: 3, products: 1, orders: 4 })
})
