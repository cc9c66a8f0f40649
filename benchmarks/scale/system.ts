import { createInProcessTransport } from '@supergraph/messaging/in-process.ts'
import { type Running, startAll } from '@supergraph/runtime/lifecycle.ts'
import { createLogger } from '@supergraph/runtime/logger.ts'
import type { DataSource } from 'typeorm'
import { receivers } from '../../queues.ts'
import { type Service, services } from '../../services.ts'
import { openAnalyticsDatabase } from '../../subgraphs/analytics/database/open.ts'
import { openNotificationsDatabase } from '../../subgraphs/notifications/database/open.ts'
import { openOrdersDatabase } from '../../subgraphs/orders/database/open.ts'
import { openProductsDatabase } from '../../subgraphs/products/database/open.ts'
import { openUsersDatabase } from '../../subgraphs/users/database/open.ts'
import { type Plan, planSystem } from '../../testbed/system/plan.ts'
import { fillDatabases, type Urls } from './fill.ts'
import type { History, Sizes } from './history.ts'

/** The services whose databases grow; the payment simulator and the mailbox stand in for others'. */
export const grown = ['users', 'products', 'orders', 'notifications', 'analytics'] as const

export type GrownName = (typeof grown)[number]

const processNames = ['payment-simulator', 'mailbox', ...grown] as const

const types = receivers.flatMap(({ listensTo }) => listensTo.map(({ type }) => type))

/** A shop after a year, whose services can be started and stopped. */
export type GrownSystem = Plan & {
  readonly history: History
  /** Starts all services in this process. */
  readonly start: () => Promise<Running>
}

/** Brings the databases up to date and fills them. */
export const prepareGrownSystem = async (
  urls: Urls,
  superuserUrl: string,
  sizes: Sizes,
): Promise<GrownSystem> => {
  const databases = await openDatabases(urls)
  const history = await fillDatabases({ urls, superuserUrl, catalogue: databases.products }, sizes).finally(
    databases.stop,
  )
  const plan = await planSystem({
    processNames,
    databaseUrls: urls,
    settings: () => ({ LOG_LEVEL: 'error' }),
  })
  return {
    ...plan,
    history,
    start: () =>
      startAll(async use => {
        const transport = use(
          createInProcessTransport({ logger: createLogger('scale', 'error'), startsOpen: false }),
        )
        // n.b. what only a gateway listens to would else stay in its outbox
        await transport.consume({
          queue: 'benchmark',
          types,
          prefetch: 10,
          deliver: async () => ({ kind: 'ack' }),
        })
        for (const name of processNames) {
          const { start }: Service = services[name]
          use(await start(plan.settingsOf(name), transport))
        }
        transport.open()
        return {}
      }),
  }
}

/** The databases themselves, brought up to date. */
export const openDatabases = (urls: Urls): Promise<Running & Readonly<Record<GrownName, DataSource>>> =>
  startAll(async use => ({
    users: use(await openUsersDatabase(urls.users)),
    products: use(await openProductsDatabase(urls.products)),
    orders: use(await openOrdersDatabase(urls.orders)),
    notifications: use(await openNotificationsDatabase(urls.notifications)),
    analytics: use(await openAnalyticsDatabase(urls.analytics)),
  }))
