import { startRelay } from '@supergraph/messaging/outbox/relay.ts'
import type { Transport } from '@supergraph/messaging/transport.ts'
import { startClock } from '@supergraph/postgres/clock.ts'
import { createThrottle, startForgetting } from '@supergraph/postgres/throttle/throttle.ts'
import { createIdentitySigner } from '@supergraph/runtime/identity.ts'
import { startAll } from '@supergraph/runtime/lifecycle.ts'
import { createLogger } from '@supergraph/runtime/logger.ts'
import { type ServedSubgraph, serveSubgraph } from '@supergraph/subgraph/serve.ts'
import { createDriver } from './checkout/driver.ts'
import { watchSteps } from './checkout/saga-metrics.ts'
import { createSteps } from './checkout/steps.ts'
import { startSweeper } from './checkout/sweeper.ts'
import { createOrderCommands } from './commands/order-commands.ts'
import { createOrderThrottle } from './commands/order-throttle.ts'
import { startOnUserDeleted } from './consumers/on-user-deleted.ts'
import { createContext } from './context.ts'
import { startForgettingCustomers } from './database/deleted-customers.ts'
import { startKeyPruning } from './database/idempotency-keys.ts'
import { openOrdersDatabase } from './database/open.ts'
import { createOrderReads } from './database/order-reads.ts'
import { createOrderStore } from './database/order-store.ts'
import { startWebhookPruning, storeWebhookEvents } from './database/webhook-events.ts'
import { addDemoOrders } from './demo/add-demo-orders.ts'
import type { Environment } from './environment.ts'
import type { Payments } from './payments/payments.ts'
import { createStripePayments } from './payments/stripe-payments.ts'
import { createProductsClient } from './products/products-client.ts'
import { resolvers } from './resolvers/resolvers.ts'
import { startCatchUp } from './webhooks/catch-up.ts'
import { createWebhookReceiver, webhookPath } from './webhooks/receive.ts'
import { startWebhookWorker } from './webhooks/worker.ts'

const service = 'orders'

/** Seams for tests: `onQuery` sees each SQL statement, `payments` stands in for Stripe. */
export type Options = {
  readonly onQuery?: (sql: string) => void
  readonly payments?: Payments
}

/** Starts the orders subgraph; `url` is its GraphQL endpoint. */
export const startOrders = (
  environment: Environment,
  transport: Transport,
  options: Options = {},
): Promise<ServedSubgraph> =>
  startAll(async use => {
    const { DATABASE_DIRECT_URL: directUrl, SHOP_URL: shopUrl } = environment
    const { STRIPE_API_KEY: apiKey, STRIPE_API_URL: apiUrl } = environment
    const verifiedEmailRequired = environment.VERIFIED_EMAIL_REQUIRED
    const logger = createLogger(service, environment.LOG_LEVEL)
    const database = use(
      await openOrdersDatabase(environment.DATABASE_URL, { directUrl, onQuery: options.onQuery }),
    )
    if (environment.DEMO_DATA) await addDemoOrders(database)
    const { background, sessionUrl: databaseUrl } = database
    use(await startRelay({ database: background, databaseUrl, transport, logger }))

    const clock = use(await startClock(background))
    const store = createOrderStore(database)
    const reads = createOrderReads(database)
    const identity = createIdentitySigner(service, environment.IDENTITY_KEY)
    const products = use(createProductsClient({ urls: environment.PRODUCTS_URL, identity, logger }))
    const payments = use(options.payments ?? createStripePayments({ apiKey, apiUrl, shopUrl, logger }))
    const perform = createSteps({ products, payments, clock })
    const throttle = use(createOrderThrottle(createThrottle(database), environment, logger))
    const driver = use(createDriver({ store, perform, clock, logger }))
    const commands = createOrderCommands({
      store,
      reads,
      driver,
      products,
      payments,
      throttle,
      clock,
      logger,
    })
    const sweptStore = createOrderStore(background)
    const sweptDriver = use(createDriver({ store: sweptStore, perform, clock, logger }))
    const { unusedAfterWait } = throttle
    const sweeper = use(startSweeper({ store: sweptStore, driver: sweptDriver, unusedAfterWait, logger }))
    const worker = use(
      startWebhookWorker({
        database: background,
        store: sweptStore,
        payments,
        clock,
        onHastened: sweeper.wake,
        logger,
      }),
    )
    use(watchSteps(background))
    use(startKeyPruning(background, logger))
    use(startForgetting(background, logger))
    use(startWebhookPruning(background, logger))
    const { STRIPE_WEBHOOK_SECRETS: secrets } = environment
    const takeWebhook = createWebhookReceiver({
      secrets,
      store: async event => ((await storeWebhookEvents(background, [event])) > 0 ? 'stored' : 'known'),
      onStored: worker.wake,
    })
    const everySeconds = environment.STRIPE_EVENTS_EVERY_SECONDS
    use(startCatchUp({ database: background, payments, everySeconds, onStored: worker.wake, logger }))
    use(startForgettingCustomers(background, logger))
    use(await startOnUserDeleted({ database: background, transport, logger }))
    return use(
      await serveSubgraph({
        service,
        environment,
        moduleUrl: import.meta.url,
        resolvers,
        routes: secrets.length === 0 ? {} : { [webhookPath]: takeWebhook },
        createContext: caller => createContext(caller, { commands, reads, verifiedEmailRequired }),
        database: background,
        broker: transport.broker,
        logger,
      }),
    )
  })
