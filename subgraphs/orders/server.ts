import { messagingMigrations } from '@supergraph/messaging/migration.ts'
import { startRelay } from '@supergraph/messaging/outbox/relay.ts'
import type { Transport } from '@supergraph/messaging/transport.ts'
import { openDatabase } from '@supergraph/postgres/data-source.ts'
import { createIdentitySigner } from '@supergraph/runtime/identity.ts'
import { type Running, startAll } from '@supergraph/runtime/lifecycle.ts'
import { createLogger } from '@supergraph/runtime/logger.ts'
import { serveSubgraph } from '@supergraph/subgraph/serve.ts'
import { createCheckout } from './checkout/checkout.ts'
import { createDriver } from './checkout/driver.ts'
import { createSteps } from './checkout/steps.ts'
import { startSweeper } from './checkout/sweeper.ts'
import { createContext } from './context.ts'
import { addDemoOrders } from './database/demo.ts'
import { startKeyPruning } from './database/idempotency-keys.ts'
import { CreateOrders1767571200000 } from './database/migrations/1767571200000-create-orders.ts'
import { AddPayments1795171200000 } from './database/migrations/1795171200000-add-payments.ts'
import { createOrderReads } from './database/order-reads.ts'
import { createOrderStore } from './database/order-store.ts'
import { tables } from './database/tables.ts'
import type { Environment } from './environment.ts'
import { createOrderCommands } from './order-commands.ts'
import { createPayments, type Payments } from './payments.ts'
import { createProductsClient } from './products-client.ts'
import { resolvers } from './resolvers/resolvers.ts'

const service = 'orders'

/** What a process may see and do otherwise: `onQuery` is told each SQL statement, `payments` pays instead of Stripe. */
export type Otherwise = {
  readonly onQuery?: (sql: string) => void
  readonly payments?: Payments
}

/** Starts the orders subgraph; `url` is its GraphQL endpoint. */
export const startOrders = (
  environment: Environment,
  transport: Transport,
  otherwise: Otherwise = {},
): Promise<Running & { readonly url: string }> =>
  startAll(async use => {
    const logger = createLogger(service, environment.LOG_LEVEL)
    const dataSource = await openDatabase({
      service,
      url: environment.DATABASE_URL,
      tables,
      migrations: [...messagingMigrations, CreateOrders1767571200000, AddPayments1795171200000],
      onQuery: otherwise.onQuery,
    })
    use({ stop: () => dataSource.destroy() })
    if (environment.DEMO_DATA) await addDemoOrders(dataSource)
    use(await startRelay({ dataSource, databaseUrl: environment.DATABASE_URL, transport, logger }))

    const store = createOrderStore(dataSource)
    const reads = createOrderReads(dataSource)
    const identity = createIdentitySigner(service, environment.IDENTITY_KEY)
    const products = use(createProductsClient({ url: environment.PRODUCTS_URL, identity }))
    const payments = use(
      otherwise.payments ??
        createPayments({ apiKey: environment.STRIPE_API_KEY, apiUrl: environment.STRIPE_API_URL, logger }),
    )
    const perform = createSteps({ products, payments })
    const driver = use(createDriver({ store, perform, logger }))
    const checkout = createCheckout({ store, reads, driver, products, payments, logger })
    const commands = createOrderCommands({ store, reads, checkout })
    use(startSweeper({ store, driver, logger }))
    use(startKeyPruning(dataSource, logger))
    return use(
      await serveSubgraph({
        service,
        environment,
        moduleUrl: import.meta.url,
        resolvers,
        createContext: caller => createContext(caller, { checkout, commands, reads }),
        database: dataSource,
        logger,
      }),
    )
  })
