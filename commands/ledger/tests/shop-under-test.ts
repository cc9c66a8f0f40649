import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startAll, type Use } from '@supergraph/runtime/lifecycle.ts'
import { Pool } from 'pg'
import { readSecrets } from '../../../embedded/data-directory.ts'
import { recordOf } from '../../../embedded/records.ts'
import { databaseSettingOf } from '../../../embedded/settings.ts'
import { type StatefulName, statefulNames } from '../../../services.ts'
import { startSupergraph } from '../../../start.ts'
import { type GraphQLClient, signIn, signUp } from '../../../testbed/graphql-client.ts'
import { byStaff, cancel, order } from '../../../testbed/orders.ts'
import { createPaymentFaults } from '../../../testbed/payment-faults.ts'
import { embeddedVariables } from '../../../testbed/system/one-process.ts'
import { createTestDatabases } from '../../../testbed/system/test-databases.ts'

export type ShopUnderTest = Awaited<ReturnType<typeof startShopUnderTest>>

export type Customer = { readonly id: string; readonly frontEnd: GraphQLClient }

/**
 * The whole system with its demo data in this process, on databases that outlive its `close`, until `stop`; those of `elsewhere` are on
 * servers of their own.
 */
export const startShopUnderTest = (elsewhere: Partial<Readonly<Record<StatefulName, string>>> = {}) =>
  startAll(async use => {
    const { urls } = use(await createTestDatabases())
    const databaseUrls = { ...urls, ...elsewhere }
    const databases = connectToAll(use, databaseUrls)
    const directory = await mkdtemp(join(tmpdir(), 'supergraph-ledger-'))
    use({ stop: () => rm(directory, { recursive: true, force: true }) })
    const variables = {
      ...(await embeddedVariables(directory)),
      ...recordOf(statefulNames(), databaseSettingOf, name => databaseUrls[name]),
      LOG_LEVEL: 'silent',
    }
    let system = await startSupergraph(variables)
    let isRunning = true
    const close = async () => {
      if (isRunning) await system.stop()
      isRunning = false
    }
    use({ stop: close })
    const gateway = system.urls.get('gateway') ?? ''
    const { paymentSimulatorKey } = await readSecrets(directory)
    const payments = createPaymentFaults(system.urls.get('payment-simulator') ?? '', paymentSimulatorKey)
    const staff = await signIn(gateway, { email: 'staff@example.com', password: 'supergraph-demo' })

    return {
      databases,
      databaseUrls,
      /** Ends the system and leaves its databases. */
      close,
      /** Starts the system again, on the same addresses, with databases that have moved elsewhere. */
      reopen: async (moved: Partial<Readonly<Record<StatefulName, string>>> = {}) => {
        const urls = { ...databaseUrls, ...moved }
        const settings = recordOf(statefulNames(), databaseSettingOf, name => urls[name])
        system = await startSupergraph({ ...variables, ...settings })
        isRunning = true
      },
      createCustomer: async (name: string): Promise<Customer> => {
        const frontEnd = await signUp(gateway, name)
        const { data } = await frontEnd.ask('{ me { id } }')
        return { id: data.me.id, frontEnd }
      },
      findProduct: async (sku: string): Promise<string> => {
        const { data } = await staff.ask('query ($sku: String!) { product(sku: $sku) { id } }', { sku })
        return data.product.id
      },
      /** Orders units of a product; resolves with the final answer. */
      place: (
        { frontEnd }: Customer,
        productId: string,
        what: { readonly quantity?: number; readonly paymentMethod?: string } = {},
      ) => order(frontEnd, productId, what),
      cancel: ({ frontEnd }: Customer, orderId: string) => cancel(frontEnd, orderId),
      ship: (orderId: string) => byStaff(staff, 'shipOrder', { orderId, trackingNumber: 'T 1' }),
      refund: (orderId: string, items?: readonly object[]) =>
        byStaff(staff, 'refundOrder', { orderId, items, idempotencyKey: crypto.randomUUID() }),
      /** Makes payments hang, or work again. */
      setPaymentsHang: (isOn: boolean) =>
        isOn ? payments.set([{ operation: 'any', kind: 'hang', probability: 1 }], 1) : payments.clear(),
    }
  })

/** A client of every service's database. */
const connectToAll = (use: Use, urls: Readonly<Record<StatefulName, string>>) => {
  const connect = (name: StatefulName): Database => {
    // n.b. whoever copies the database ends its sessions: the pool reports it here, and opens another session
    const client = new Pool({ connectionString: urls[name], max: 1 }).on('error', () => {})
    use({ stop: () => client.end() })
    return databaseOf(client)
  }
  return recordOf(statefulNames(), name => name, connect)
}

export type Database = ReturnType<typeof databaseOf>

const databaseOf = (client: Pool) => ({
  sql: async (text: string, values: readonly unknown[] = []): Promise<void> => {
    const { rowCount } = await client.query(text, [...values])
    if (rowCount === 0) throw new Error(`nothing was changed by ${text}`)
  },
  /** The first column of the first row. */
  value: async (text: string, values: readonly unknown[] = []): Promise<string> => {
    const { rows } = await client.query({ text, values: [...values], rowMode: 'array' })
    return String(rows[0]?.[0])
  },
})
