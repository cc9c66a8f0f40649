import { messagingMigrations } from '@supergraph/messaging/migration.ts'
import { startRelay } from '@supergraph/messaging/outbox/relay.ts'
import type { Transport } from '@supergraph/messaging/transport.ts'
import { openDatabase } from '@supergraph/postgres/data-source.ts'
import { type Running, startAll } from '@supergraph/runtime/lifecycle.ts'
import { createLogger } from '@supergraph/runtime/logger.ts'
import { serveSubgraph } from '@supergraph/subgraph/serve.ts'
import { createContextFactory } from './context.ts'
import { addDemoProducts } from './database/demo.ts'
import { CreateCatalogue1767600000000 } from './database/migrations/1767600000000-create-catalogue.ts'
import { SplitStock1795171200000 } from './database/migrations/1795171200000-split-stock.ts'
import { AddCatalogueVersion1795777800000 } from './database/migrations/1795777800000-add-catalogue-version.ts'
import { createStockStore } from './database/stock-store.ts'
import { tables } from './database/tables.ts'
import type { Environment } from './environment.ts'
import { startExpirySweeper } from './expiry-sweeper.ts'
import { resolvers } from './resolvers/resolvers.ts'

const service = 'products'

/** Starts the products subgraph: its database, the relay of its events, the expiry of reservations, and its GraphQL server. */
export const startProducts = (
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
      migrations: [
        ...messagingMigrations,
        CreateCatalogue1767600000000,
        SplitStock1795171200000,
        AddCatalogueVersion1795777800000,
      ],
      onQuery,
    })
    use({ stop: () => dataSource.destroy() })
    if (environment.DEMO_DATA) await addDemoProducts(dataSource)
    use(await startRelay({ dataSource, databaseUrl: environment.DATABASE_URL, transport, logger }))
    const stock = createStockStore(dataSource, environment.RESERVATION_TTL_SECONDS)
    use(startExpirySweeper(stock, logger))
    return use(
      await serveSubgraph({
        service,
        environment,
        moduleUrl: import.meta.url,
        resolvers,
        createContext: createContextFactory(dataSource, stock),
        database: dataSource,
        logger,
      }),
    )
  })
