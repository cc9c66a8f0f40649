import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createTestDatabase } from '@supergraph/postgres/tests/test-database.ts'
import { startAll, type Use } from '@supergraph/runtime/lifecycle.ts'
import { Client } from 'pg'
import { readSecrets } from '../../../embedded/data-directory.ts'
import { startSupergraph } from '../../../start.ts'
import { type GraphQLClient, signIn, signUp } from '../../../testbed/graphql-client.ts'

export type ShopUnderTest = Awaited<ReturnType<typeof startShopUnderTest>>

export type Customer = { readonly id: string; readonly frontEnd: GraphQLClient }

const orderFields = 'order { id status customer { id } }'

const mutations = {
  placeOrder: `mutation ($input: PlaceOrderInput!) {
    result: placeOrder(input: $input) { __typename ... on PlaceOrderSuccess { ${orderFields} } ... on Failure { message } }
  }`,
  cancelOrder: `mutation ($input: CancelOrderInput!) {
    result: cancelOrder(input: $input) { __typename ... on CancelOrderSuccess { ${orderFields} } }
  }`,
  shipOrder: `mutation ($input: ShipOrderInput!) {
    result: shipOrder(input: $input) { __typename ... on ShipOrderSuccess { ${orderFields} } }
  }`,
  refundOrder: `mutation ($input: RefundOrderInput!) {
    result: refundOrder(input: $input) { __typename ... on RefundOrderSuccess { ${orderFields} } }
  }`,
}

/** The whole system with its demo data in this process, on databases that outlive its `close`, until `stop`. */
export const startShopUnderTest = () =>
  startAll(async use => {
    const databases = {
      users: await openDatabase(use),
      products: await openDatabase(use),
      orders: await openDatabase(use),
      notifications: await openDatabase(use),
      analytics: await openDatabase(use),
      paymentSimulator: await openDatabase(use),
    }
    const directory = await mkdtemp(join(tmpdir(), 'supergraph-ledger-'))
    use({ stop: () => rm(directory, { recursive: true, force: true }) })
    const { databaseUrls, system } = await startSystem(use, databases, directory)
    const { paymentSimulatorKey } = await readSecrets(directory)
    const staff = await signIn(system.gateway, { email: 'staff@example.com', password: 'supergraph-demo' })

    const command = async (frontEnd: GraphQLClient, mutation: keyof typeof mutations, input: object) => {
      const { data, errors } = await frontEnd.ask(mutations[mutation], { input })
      if (errors) throw new Error(JSON.stringify(errors))
      return data.result
    }
    return {
      databases,
      databaseUrls,
      /** Ends the system and leaves its databases. */
      close: system.stop,
      createCustomer: async (name: string): Promise<Customer> => {
        const frontEnd = await signUp(system.gateway, name)
        const { data } = await frontEnd.ask('{ me { id } }')
        return { id: data.me.id, frontEnd }
      },
      findProduct: async (sku: string): Promise<string> => {
        const { data } = await staff.ask('query ($sku: String!) { product(sku: $sku) { id } }', { sku })
        return data.product.id
      },
      /** Orders units of a product; answers with the result. */
      place: (
        { frontEnd }: Customer,
        productId: string,
        { quantity = 1, paymentMethod = 'pm_card_visa' } = {},
      ) =>
        command(frontEnd, 'placeOrder', {
          idempotencyKey: crypto.randomUUID(),
          items: [{ productId, quantity }],
          paymentMethod,
          shippingAddress: {
            name: 'Ada',
            line1: '1 Engine Lane',
            city: 'London',
            postalCode: 'SW1Y 4JH',
            country: 'GB',
          },
        }),
      cancel: ({ frontEnd }: Customer, orderId: string) => command(frontEnd, 'cancelOrder', { orderId }),
      ship: (orderId: string) => command(staff, 'shipOrder', { orderId, trackingNumber: 'T 1' }),
      refund: (orderId: string, items?: readonly object[]) =>
        command(staff, 'refundOrder', { orderId, items, idempotencyKey: crypto.randomUUID() }),
      /** Makes payments hang, or work again. */
      setPaymentsHang: async (isOn: boolean) => {
        const faults = isOn ? [{ operation: 'any', kind: 'hang' }] : []
        const response = await fetch(new URL('/simulator/faults', system.paymentSimulator), {
          method: 'PUT',
          headers: { authorization: `Bearer ${paymentSimulatorKey}`, 'content-type': 'application/json' },
          body: JSON.stringify({ faults }),
        })
        if (!response.ok) throw new Error(await response.text())
      },
    }
  })

const startSystem = async (
  use: Use,
  databases: Readonly<
    Record<'users' | 'products' | 'orders' | 'notifications' | 'analytics' | 'paymentSimulator', Database>
  >,
  directory: string,
) => {
  const { users, products, orders, notifications, paymentSimulator } = databases
  const databaseUrls = {
    users: users.url,
    products: products.url,
    orders: orders.url,
    notifications: notifications.url,
    paymentSimulator: paymentSimulator.url,
  }
  const system = use(
    await startSupergraph({
      DATA_DIR: directory,
      LOG_LEVEL: 'silent',
      PORT: '0',
      USERS_PORT: '0',
      PRODUCTS_PORT: '0',
      ORDERS_PORT: '0',
      NOTIFICATIONS_PORT: '0',
      ANALYTICS_PORT: '0',
      PAYMENT_SIMULATOR_PORT: '0',
      MAILBOX_PORT: '0',
      MAILBOX_SMTP_PORT: '0',
      USERS_DATABASE_URL: databaseUrls.users,
      PRODUCTS_DATABASE_URL: databaseUrls.products,
      ORDERS_DATABASE_URL: databaseUrls.orders,
      NOTIFICATIONS_DATABASE_URL: databaseUrls.notifications,
      ANALYTICS_DATABASE_URL: databases.analytics.url,
      PAYMENT_SIMULATOR_DATABASE_URL: databaseUrls.paymentSimulator,
    }),
  )
  return { databaseUrls, system }
}

export type Database = Awaited<ReturnType<typeof openDatabase>>

const openDatabase = async (use: Use) => {
  const database = await createTestDatabase()
  use({ stop: database.drop })
  const client = new Client({ connectionString: database.url })
  await client.connect()
  use({ stop: () => client.end() })
  return {
    url: database.url,
    sql: async (text: string, values: readonly unknown[] = []): Promise<void> => {
      const { rowCount } = await client.query(text, [...values])
      if (rowCount === 0) throw new Error(`nothing was changed by ${text}`)
    },
    /** The first column of the first row. */
    value: async (text: string, values: readonly unknown[] = []): Promise<string> => {
      const { rows } = await client.query({ text, values: [...values], rowMode: 'array' })
      return String(rows[0]?.[0])
    },
  }
}
