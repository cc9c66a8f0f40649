import { CreateMessaging1700000000000 } from '@supergraph/messaging/migration.ts'
import { startRelay } from '@supergraph/messaging/relay.ts'
import type { Transport } from '@supergraph/messaging/transport.ts'
import { openDatabase } from '@supergraph/postgres/data-source.ts'
import { createIdentitySigner, createIdentityVerifier } from '@supergraph/runtime/identity.ts'
import { type Running, startAll } from '@supergraph/runtime/lifecycle.ts'
import { createLogger } from '@supergraph/runtime/logger.ts'
import { startSubgraphServer } from '@supergraph/runtime/subgraph-server.ts'
import { createCheckout } from './checkout/checkout.ts'
import { createSteps } from './checkout/steps.ts'
import { startSweeper } from './checkout/sweeper.ts'
import { createContext } from './context.ts'
import { addDemoOrders } from './database/demo.ts'
import { CreateOrders1767571200000 } from './database/migrations/1767571200000-create-orders.ts'
import { createOrderReads } from './database/order-reads.ts'
import { createOrderStore } from './database/order-store.ts'
import { tables } from './database/tables.ts'
import type { Environment } from './environment.ts'
import { createProductsClient } from './products-client.ts'
import { resolvers } from './resolvers/resolvers.ts'

const service = 'orders'

/** Starts the orders subgraph; `url` is its GraphQL endpoint, `onQuery` sees each SQL statement. */
export const startOrders = (
  environment: Environment,
  transport: Transport,
  { onQuery }: { readonly onQuery?: (sql: string) => void } = {},
): Promise<Running & { readonly url: string }> =>
  startAll(async use => {
    const logger = createLogger(service, environment.LOG_LEVEL)
    const dataSource = await openDatabase({
      service,
      url: environment.DATABASE_URL,
      tables,
      migrations: [CreateMessaging1700000000000, CreateOrders1767571200000],
      onQuery,
    })
    use({ stop: () => dataSource.destroy() })
    if (environment.DEMO_DATA) await addDemoOrders(dataSource)
    use(await startRelay({ dataSource, databaseUrl: environment.DATABASE_URL, transport, logger }))

    const store = createOrderStore(dataSource)
    const reads = createOrderReads(dataSource)
    const identity = createIdentitySigner(service, environment.IDENTITY_KEY)
    const products = use(createProductsClient({ url: environment.PRODUCTS_URL, identity }))
    const steps = use(createSteps({ store, reads, products }))
    use(startSweeper({ store, steps, logger }))
    const checkout = createCheckout({ store, reads, steps, products, logger })
    return use(
      await startSubgraphServer({
        service,
        host: environment.HOST,
        port: environment.PORT,
        schemaFile: new URL('./schema.graphql', import.meta.url),
        resolvers,
        verifyIdentity: createIdentityVerifier(service, environment.IDENTITY_ISSUERS),
        createContext: ({ viewer }) => createContext(viewer, { checkout, reads }),
        checkHealth: () => dataSource.query('select 1'),
        logger,
      }),
    )
  })
