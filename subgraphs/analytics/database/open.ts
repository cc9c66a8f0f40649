import { messagingMigrations } from '@supergraph/messaging/migration.ts'
import { type DatabaseOptions, openServiceDatabase } from '@supergraph/postgres/data-source.ts'
import { CreateSales1795777800000 } from './migrations/1795777800000-create-sales.ts'
import { KeepDailyTotals1796486400000 } from './migrations/1796486400000-keep-daily-totals.ts'
import { FillDailyTotals1796486401000 } from './migrations/1796486401000-fill-daily-totals.ts'

/** Opens the database of analytics and brings it up to date. */
export const openAnalyticsDatabase = (
  url: string,
  options: Pick<DatabaseOptions, 'directUrl' | 'onQuery'> = {},
) =>
  openServiceDatabase({
    ...options,
    service: 'analytics',
    url,
    tables: [],
    migrations: [
      ...messagingMigrations,
      CreateSales1795777800000,
      KeepDailyTotals1796486400000,
      FillDailyTotals1796486401000,
    ],
  })
