import { messagingMigrations } from '@supergraph/messaging/migration.ts'
import { openDatabase } from '@supergraph/postgres/data-source.ts'
import type { DataSource } from 'typeorm'
import { CreateSales1795777800000 } from './migrations/1795777800000-create-sales.ts'

/** Opens the database of analytics and brings it up to date; `onQuery` sees each SQL statement. */
export const openAnalyticsDatabase = (url: string, onQuery?: (sql: string) => void): Promise<DataSource> =>
  openDatabase({
    service: 'analytics',
    url,
    tables: [],
    migrations: [...messagingMigrations, CreateSales1795777800000],
    onQuery,
  })
