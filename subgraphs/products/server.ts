import { startRelay } from '@supergraph/messaging/outbox/relay.ts'
import type { Transport } from '@supergraph/messaging/transport.ts'
import { startAll } from '@supergraph/runtime/lifecycle.ts'
import { createLogger } from '@supergraph/runtime/logger.ts'
import { type ServedSubgraph, serveSubgraph } from '@supergraph/subgraph/serve.ts'
import { createContext } from './context.ts'
import { openProductsDatabase } from './database/open.ts'
import { createProductStore } from './database/product-store.ts'
import { createStockStore } from './database/stock-store.ts'
import { addDemoProducts } from './demo/demo-products.ts'
import type { Environment } from './environment.ts'
import { resolvers } from './resolvers/resolvers.ts'
import { startExpirySweeper } from './stock/expiry-sweeper.ts'

/** For tests; `onQuery` sees each SQL statement. */
export type Options = { readonly onQuery?: ((sql: string) => void) | undefined }

const service = 'products'

/** Starts the products subgraph: its database, the relay of its events, the expiry of reservations, and its GraphQL server at `url`. */
export const startProducts = (
  environment: Environment,
  transport: Transport,
  options: Options = {},
): Promise<ServedSubgraph> =>
  startAll(async use => {
    const logger = createLogger(service, environment.LOG_LEVEL)
    const database = use(
      await openProductsDatabase(environment.DATABASE_URL, {
        directUrl: environment.DATABASE_DIRECT_URL,
        ...options,
      }),
    )
    if (environment.DEMO_DATA) await addDemoProducts(database)
    const { background } = database
    use(await startRelay({ database: background, databaseUrl: database.sessionUrl, transport, logger }))
    const products = createProductStore(database)
    const stock = createStockStore(database, environment.RESERVATION_TTL_SECONDS)
    use(startExpirySweeper(createStockStore(background, environment.RESERVATION_TTL_SECONDS), logger))
    return use(
      await serveSubgraph({
        service,
        environment,
        moduleUrl: import.meta.url,
        resolvers,
        createContext: caller => createContext(caller, { products, stock }),
        database: background,
        broker: transport.broker,
        logger,
      }),
    )
  })
