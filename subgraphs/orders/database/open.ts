import { messagingMigrations } from '@supergraph/messaging/migration.ts'
import { type DatabaseOptions, openServiceDatabase } from '@supergraph/postgres/data-source.ts'
import { CreateThrottleCounts1795190400000 } from '@supergraph/postgres/throttle/migration.ts'
import { CreateOrders1767571200000 } from './migrations/1767571200000-create-orders.ts'
import { AddPayments1795171200000 } from './migrations/1795171200000-add-payments.ts'
import { WidenAmounts1796169600000 } from './migrations/1796169600000-widen-amounts.ts'
import { IndexSettledEvents1796486400000 } from './migrations/1796486400000-index-settled-events.ts'
import { TraceOrders1796659200000 } from './migrations/1796659200000-trace-orders.ts'
import { AwaitPayments1796745600000 } from './migrations/1796745600000-await-payments.ts'
import { TakeWebhooks1796832000000 } from './migrations/1796832000000-take-webhooks.ts'
import { SettlePayments1796918400000 } from './migrations/1796918400000-settle-payments.ts'
import { AddDeletedCustomers1796929200000 } from './migrations/1796929200000-add-deleted-customers.ts'
import { IndexDeletedCustomers1796954400000 } from './migrations/1796954400000-index-deleted-customers.ts'
import { IndexActsOnOrders1796958000000 } from './migrations/1796958000000-index-acts-on-orders.ts'
import { OweRefunds1796961600000 } from './migrations/1796961600000-owe-refunds.ts'
import { CatchUpEvents1796965200000 } from './migrations/1796965200000-catch-up-events.ts'
import { tables } from './tables.ts'

/** Opens the database of orders and brings its schema up to date. */
export const openOrdersDatabase = (url: string, options: Partial<DatabaseOptions> = {}) =>
  openServiceDatabase({
    service: 'orders',
    url,
    keepsIndexOrder: true,
    tables,
    migrations: [
      ...messagingMigrations,
      CreateOrders1767571200000,
      AddPayments1795171200000,
      CreateThrottleCounts1795190400000,
      WidenAmounts1796169600000,
      IndexSettledEvents1796486400000,
      TraceOrders1796659200000,
      AwaitPayments1796745600000,
      TakeWebhooks1796832000000,
      SettlePayments1796918400000,
      AddDeletedCustomers1796929200000,
      IndexDeletedCustomers1796954400000,
      IndexActsOnOrders1796958000000,
      OweRefunds1796961600000,
      CatchUpEvents1796965200000,
    ],
    ...options,
  })
