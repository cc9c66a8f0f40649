import { createInProcessTransport } from '@supergraph/messaging/in-process.ts'
import { readEnvironment as readOrdersEnvironment } from '@supergraph/orders/environment.ts'
import { startOrders } from '@supergraph/orders/server.ts'
import { countQueries } from '@supergraph/postgres/tests/test-database.ts'
import { readEnvironment as readProductsEnvironment } from '@supergraph/products/environment.ts'
import { startProducts } from '@supergraph/products/server.ts'
import { type Running, startAll } from '@supergraph/runtime/lifecycle.ts'
import { createLogger } from '@supergraph/runtime/logger.ts'
import { readEnvironment as readUsersEnvironment } from '@supergraph/users/environment.ts'
import { startUsers } from '@supergraph/users/server.ts'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { services } from '../services.ts'
import { type GraphQLClient, signIn } from '../testbed/graphql-client.ts'
import { order } from '../testbed/orders.ts'
import { planSystem } from '../testbed/system/plan.ts'
import { createTestDatabases } from '../testbed/system/test-databases.ts'
import { demoPassword } from './allocations.ts'

const counters = { users: countQueries(), products: countQueries(), orders: countQueries() }
let system: Running
let staff: GraphQLClient

beforeAll(async () => {
  system = await startAll(async use => {
    const { urls: databaseUrls } = use(await createTestDatabases())
    const { settingsOf, urlOf } = await planSystem({
      processNames: ['payment-simulator', 'users', 'products', 'orders', 'gateway'],
      databaseUrls,
      // n.b. without webhooks, whose statements would be counted with those of a request
      settings: () => ({
        LOG_LEVEL: 'silent',
        DEMO_DATA: 'true',
        DEMO_PASSWORD: demoPassword,
        WEBHOOK_URL: '',
      }),
    })
    // n.b. This transport never opens, so that the relays do nothing and each counted statement belongs to a request.
    const transport = createInProcessTransport({ logger: createLogger('test', 'silent'), startsOpen: false })
    use(await services['payment-simulator'].start(settingsOf('payment-simulator'), transport))
    use(await startUsers(readUsersEnvironment(settingsOf('users')), transport, counters.users))
    use(await startProducts(readProductsEnvironment(settingsOf('products')), transport, counters.products))
    use(await startOrders(readOrdersEnvironment(settingsOf('orders')), transport, counters.orders))
    use(transport)
    use(await services.gateway.start(settingsOf('gateway'), transport))
    staff = await signIn(urlOf('gateway'), { email: 'staff@example.com', password: demoPassword })
    return {}
  })
})

afterAll(() => system?.stop())

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

const orderAny = async () => {
  const { data } = await staff.ask(
    '{ products(first: 1, filter: { inStock: true }) { edges { node { id } } } }',
  )
  const [{ node }] = data.products.edges
  expect(await order(staff, node.id)).toMatchObject({ order: { status: 'CONFIRMED' } })
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

// n.b. relays and sweepers may run meanwhile: their statements do not count for the page
const ofRequests = (statements: readonly string[]) =>
  statements.filter(sql => !/\boutbox\b|for update skip locked|expires_at <= now/i.test(sql)).length

it('runs as many SQL statements for a page of many orders as for one, with customers, products, payments and who changed them', async () => {
  for (let placed = 0; placed < 10; placed += 1) await orderAny()
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
  expect(count(many)).toEqual({ users: 2, products: 1, orders: 4 })
})
