import type { Transport } from '@supergraph/messaging/transport.ts'
import { startAll } from '@supergraph/runtime/lifecycle.ts'
import { createLogger } from '@supergraph/runtime/logger.ts'
import { type ServedSubgraph, serveSubgraph } from '@supergraph/subgraph/serve.ts'
import { startOnOrderChanged } from './consumers/on-order-changed.ts'
import { startOnProductUpdated } from './consumers/on-product-updated.ts'
import { createContext } from './context.ts'
import { openAnalyticsDatabase } from './database/open.ts'
import { createSalesReads } from './database/sales-reads.ts'
import type { Environment } from './environment.ts'
import { resolvers } from './resolvers/resolvers.ts'

/** For tests; `onQuery` sees each SQL statement. */
export type Options = { readonly onQuery?: (sql: string) => void }

const service = 'analytics'
const consumers = [startOnOrderChanged, startOnProductUpdated]

/** Starts the analytics subgraph: its database, its consumers and its GraphQL server at `url`. */
export const startAnalytics = (
  environment: Environment,
  transport: Transport,
  options: Options = {},
): Promise<ServedSubgraph> =>
  startAll(async use => {
    const logger = createLogger(service, environment.LOG_LEVEL)
    const database = use(
      await openAnalyticsDatabase(environment.DATABASE_URL, {
        directUrl: environment.DATABASE_DIRECT_URL,
        ...options,
      }),
    )
    const { background } = database
    for (const start of consumers) use(await start({ database: background, transport, logger }))
    const services = { sales: createSalesReads(database) }
    return use(
      await serveSubgraph({
        service,
        environment,
        moduleUrl: import.meta.url,
        resolvers,
        createContext: caller => createContext(caller, services),
        database: background,
        broker: transport.broker,
        logger,
      }),
    )
  })
