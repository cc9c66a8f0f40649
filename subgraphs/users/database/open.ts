import { messagingMigrations } from '@supergraph/messaging/migration.ts'
import { openDatabase } from '@supergraph/postgres/data-source.ts'
import type { DataSource } from 'typeorm'
import { CreateUsers1760000000000 } from './migrations/1760000000000-create-users.ts'
import { AddVersions1795182600000 } from './migrations/1795182600000-add-versions.ts'
import { tables } from './tables.ts'

/** Opens this subgraph's database and brings it up to date; `onQuery` sees each SQL statement. */
export const openUsersDatabase = (url: string, onQuery?: (sql: string) => void): Promise<DataSource> =>
  openDatabase({
    service: 'users',
    url,
    tables,
    migrations: [...messagingMigrations, CreateUsers1760000000000, AddVersions1795182600000],
    onQuery,
  })
