import { messagingMigrations } from '@supergraph/messaging/migration.ts'
import type { Transport } from '@supergraph/messaging/transport.ts'
import { openDatabase } from '@supergraph/postgres/data-source.ts'
import { type Running, startAll } from '@supergraph/runtime/lifecycle.ts'
import { createLogger } from '@supergraph/runtime/logger.ts'
import { serveSubgraph } from '@supergraph/subgraph/serve.ts'
import { startOnOrderChanged } from './consumers/on-order-changed.ts'
import { startOnProductStockChanged } from './consumers/on-product-stock-changed.ts'
import { startOnUserRegistered } from './consumers/on-user-registered.ts'
import { startOnUserUpdated } from './consumers/on-user-updated.ts'
import { createContext } from './context.ts'
import { createEmailStore } from './database/email-store.ts'
import { CreateNotifications1767603600000 } from './database/migrations/1767603600000-create-notifications.ts'
import { AllowOrderNews1795171260000 } from './database/migrations/1795171260000-allow-order-news.ts'
import { ResumeSubscriptions1795174800000 } from './database/migrations/1795174800000-resume-subscriptions.ts'
import { AddEmail1795182600000 } from './database/migrations/1795182600000-add-email.ts'
import { createNotificationStore } from './database/notification-store.ts'
import { createOrderUpdateStore } from './database/order-update-store.ts'
import { createPlacedOrderStore } from './database/placed-order-store.ts'
import { createPreferenceStore } from './database/preference-store.ts'
import { createProductStockStore } from './database/product-stock-store.ts'
import { startRetention } from './database/retention.ts'
import { tables } from './database/tables.ts'
import type { Environment } from './environment.ts'
import { createLiveUpdates } from './live/live-updates.ts'
import type { OrderWaits } from './live/order-reader.ts'
import { startWakeUps } from './live/wake-ups.ts'
import { createMailer } from './mail/mailer.ts'
import { startEmailSender } from './mail/sender.ts'
import { resolvers } from './resolvers/resolvers.ts'

/** What may be set besides the environment; `onQuery` sees each SQL statement. */
export type NotificationsOptions = {
  readonly onQuery?: (sql: string) => void
  readonly orderWaits?: Partial<OrderWaits>
  readonly sendTimeoutMs?: number
}

const consumers = [startOnOrderChanged, startOnProductStockChanged, startOnUserRegistered, startOnUserUpdated]

/** Starts the notifications subgraph; `url` is its GraphQL endpoint, `subscribers` counts the open subscriptions. */
export const startNotifications = (
  environment: Environment,
  transport: Transport,
  { onQuery, orderWaits, sendTimeoutMs }: NotificationsOptions = {},
): Promise<Running & { readonly url: string; readonly subscribers: () => number }> =>
  startAll(async use => {
    const logger = createLogger('notifications', environment.LOG_LEVEL)
    const dataSource = await openDatabase({
      service: 'notifications',
      url: environment.DATABASE_URL,
      tables,
      migrations: [
        ...messagingMigrations,
        CreateNotifications1767603600000,
        AllowOrderNews1795171260000,
        ResumeSubscriptions1795174800000,
        AddEmail1795182600000,
      ],
      onQuery,
    })
    use({ stop: () => dataSource.destroy() })
    const wakeUps = use(await startWakeUps({ url: environment.DATABASE_URL }))
    use(startRetention(dataSource, logger))
    for (const start of consumers) use(await start({ dataSource, transport, logger }))
    use(
      await startEmailSender({
        emails: createEmailStore(dataSource),
        mailer: createMailer(environment),
        databaseUrl: environment.DATABASE_URL,
        logger,
        sendTimeoutMs,
      }),
    )

    const notifications = createNotificationStore(dataSource)
    const preferences = createPreferenceStore(dataSource)
    const live = createLiveUpdates({
      wakeUps,
      notifications,
      orderUpdates: createOrderUpdateStore(dataSource),
      placedOrders: createPlacedOrderStore(dataSource),
      productStock: createProductStockStore(dataSource),
      orderWaits,
    })
    const { url } = use(
      await serveSubgraph({
        service: 'notifications',
        environment,
        moduleUrl: import.meta.url,
        resolvers,
        createContext: ({ viewer }) => createContext(viewer, { notifications, preferences, live }),
        database: dataSource,
        logger,
      }),
    )
    return { url, subscribers: wakeUps.subscribers }
  })
