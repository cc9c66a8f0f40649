import { CreateMessaging1700000000000 } from '@supergraph/messaging/migration.ts'
import { openDatabase } from '@supergraph/postgres/data-source.ts'
import type { DataSource } from 'typeorm'
import { CreateUsers1760000000000 } from './migrations/1760000000000-create-users.ts'
import { tables } from './tables.ts'

/** Opens this subgraph's database and brings it up to date; `onQuery` sees each SQL statement. */
export const openUsersDatabase = (url: string, onQuery?: (sql: string) => void): Promise<DataSource> =>
  openDatabase({
    service: 'users',
    url,
    tables,
    migrations: [CreateMessaging1700000000000, CreateUsers1760000000000],
    onQuery,
  })
