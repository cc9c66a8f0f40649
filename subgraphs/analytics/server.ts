import type { Transport } from '@supergraph/messaging/transport.ts'
import { type Running, startAll } from '@supergraph/runtime/lifecycle.ts'
import { createLogger } from '@supergraph/runtime/logger.ts'
import { serveSubgraph } from '@supergraph/subgraph/serve.ts'
import { startOnOrderChanged } from './consumers/on-order-changed.ts'
import { startOnProductUpdated } from './consumers/on-product-updated.ts'
import { createContext } from './context.ts'
import { openAnalyticsDatabase } from './database/open.ts'
import { createSalesReads } from './database/sales-reads.ts'
import type { Environment } from './environment.ts'
import { resolvers } from './resolvers/resolvers.ts'

const service = 'analytics'

/** Starts the analytics subgraph: its database, its consumers and its GraphQL server at `url`; `onQuery` sees each SQL statement. */
export const startAnalytics = (
  environment: Environment,
  transport: Transport,
  { onQuery }: { readonly onQuery?: (sql: string) => void } = {},
): Promise<Running & { readonly url: string }> =>
  startAll(async use => {
    const logger = createLogger(service, environment.LOG_LEVEL)
    const dataSource = await openAnalyticsDatabase(environment.DATABASE_URL, onQuery)
    use({ stop: () => dataSource.destroy() })
    for (const start of [startOnOrderChanged, startOnProductUpdated]) {
      use(await start({ dataSource, transport, logger }))
    }
    const sales = createSalesReads(dataSource)
    return use(
      await serveSubgraph({
        service,
        environment,
        moduleUrl: import.meta.url,
        resolvers,
        createContext: ({ viewer }) => createContext(viewer, sales),
        database: dataSource,
        logger,
      }),
    )
  })
