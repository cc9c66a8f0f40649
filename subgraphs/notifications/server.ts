import { startRelay } from '@supergraph/messaging/outbox/relay.ts'
import type { Transport } from '@supergraph/messaging/transport.ts'
import { createThrottle, startForgetting } from '@supergraph/postgres/throttle/throttle.ts'
import { startAll } from '@supergraph/runtime/lifecycle.ts'
import { createLogger } from '@supergraph/runtime/logger.ts'
import { type ServedSubgraph, serveSubgraph } from '@supergraph/subgraph/serve.ts'
import type { DataSource } from 'typeorm'
import { startOnOrderChanged } from './consumers/on-order-changed.ts'
import { startOnProductStockChanged } from './consumers/on-product-stock-changed.ts'
import { startOnUserDeleted } from './consumers/on-user-deleted.ts'
import { startOnUserDeletionCancelled } from './consumers/on-user-deletion-cancelled.ts'
import { startOnUserDeletionRequested } from './consumers/on-user-deletion-requested.ts'
import { startOnUserLinkCreated } from './consumers/on-user-link-created.ts'
import { startOnUserPasswordResetRequested } from './consumers/on-user-password-reset-requested.ts'
import { startOnUserRegistered } from './consumers/on-user-registered.ts'
import { startOnUserTotpChanged } from './consumers/on-user-totp-changed.ts'
import { startOnUserUpdated } from './consumers/on-user-updated.ts'
import { createContext } from './context.ts'
import { createDeletedUserStore } from './database/deleted-user-store.ts'
import { createEmailStore } from './database/email-store.ts'
import { createNotificationStore } from './database/notification-store.ts'
import { openNotificationsDatabase } from './database/open.ts'
import { createOrderUpdateStore } from './database/order-update-store.ts'
import { createPlacedOrderStore } from './database/placed-order-store.ts'
import { createPreferenceStore } from './database/preference-store.ts'
import { createProductStockStore } from './database/product-stock-store.ts'
import { startRetention } from './database/retention.ts'
import type { Environment } from './environment.ts'
import { readLanguages } from './languages/languages.ts'
import { createLiveUpdates } from './live/live-updates.ts'
import type { OrderWaits } from './live/order-reader.ts'
import { startWakeUps, type WakeUps } from './live/wake-ups.ts'
import { createMailThrottle } from './mail/mail-throttle.ts'
import { createMailer } from './mail/mailer.ts'
import { startEmailSender } from './mail/sender.ts'
import { subscriptionError } from './resolvers/failures.ts'
import { resolvers } from './resolvers/resolvers.ts'

/** For tests; `onQuery` sees each SQL statement. */
export type Options = {
  readonly onQuery?: (sql: string) => void
  readonly orderWaits?: Partial<OrderWaits>
  readonly sendTimeoutMs?: number
}

const service = 'notifications'
const consumers = [
  startOnOrderChanged,
  startOnProductStockChanged,
  startOnUserLinkCreated,
  startOnUserDeleted,
  startOnUserDeletionCancelled,
  startOnUserDeletionRequested,
  startOnUserPasswordResetRequested,
  startOnUserRegistered,
  startOnUserTotpChanged,
  startOnUserUpdated,
]

/** Starts the notifications subgraph; `url` is its GraphQL endpoint, `subscribers` counts the open subscriptions. */
export const startNotifications = (
  environment: Environment,
  transport: Transport,
  options: Options = {},
): Promise<ServedSubgraph & { readonly subscribers: () => number }> =>
  startAll(async use => {
    const logger = createLogger(service, environment.LOG_LEVEL)
    const database = use(
      await openNotificationsDatabase(environment.DATABASE_URL, {
        directUrl: environment.DATABASE_DIRECT_URL,
        ...options,
      }),
    )
    const { background, sessionUrl } = database
    const wakeUps = use(await startWakeUps({ url: sessionUrl }))
    use(startRetention(background, logger))
    use(startForgetting(background, logger))
    use(await startRelay({ database: background, databaseUrl: sessionUrl, transport, logger }))
    const languages = readLanguages()
    for (const start of consumers) use(await start({ database: background, transport, logger, languages }))
    use(
      await startEmailSender({
        emails: createEmailStore(background),
        deletedUsers: createDeletedUserStore(background),
        mailer: createMailer(environment, languages),
        throttle: createMailThrottle(createThrottle(background), environment),
        databaseUrl: sessionUrl,
        logger,
        sendTimeoutMs: options.sendTimeoutMs,
      }),
    )
    const services = createServices(database, wakeUps, options)
    const subgraph = use(
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
    return { ...subgraph, subscribers: wakeUps.subscribers }
  })

const createServices = (database: DataSource, wakeUps: WakeUps, { orderWaits }: Options) => {
  const notifications = createNotificationStore(database)
  const live = createLiveUpdates({
    wakeUps,
    notifications,
    orderUpdates: createOrderUpdateStore(database),
    placedOrders: createPlacedOrderStore(database),
    productStock: createProductStockStore(database),
    refuse: subscriptionError,
    orderWaits,
  })
  return { notifications, preferences: createPreferenceStore(database), live }
}
