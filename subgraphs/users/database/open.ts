import { messagingMigrations } from '@supergraph/messaging/migration.ts'
import {
  type DatabaseOptions,
  openServiceDatabase,
  type ServiceDatabase,
} from '@supergraph/postgres/data-source.ts'
import { CreateThrottleCounts1795190400000 } from '@supergraph/postgres/throttle/migration.ts'
import { CreateUsers1760000000000 } from './migrations/1760000000000-create-users.ts'
import { AddVersions1795182600000 } from './migrations/1795182600000-add-versions.ts'
import { AddShownEmail1795190500000 } from './migrations/1795190500000-add-shown-email.ts'
import { AddPasswordResets1796918400000 } from './migrations/1796918400000-add-password-resets.ts'
import { tables } from './tables.ts'

/** Opens the database of users and brings it up to date; `onQuery` sees each SQL statement. */
export const openUsersDatabase = (
  url: string,
  options: Pick<DatabaseOptions, 'onQuery'> = {},
): Promise<ServiceDatabase> =>
  openServiceDatabase({
    ...options,
    service: 'users',
    url,
    tables,
    migrations: [
      ...messagingMigrations,
      CreateUsers1760000000000,
      AddVersions1795182600000,
      CreateThrottleCounts1795190400000,
      AddShownEmail1795190500000,
      AddPasswordResets1796918400000,
    ],
  })
