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
import { AddLocale1796922000000 } from './migrations/1796922000000-add-locale.ts'
import { AddAuditLog1796925600000 } from './migrations/1796925600000-add-audit-log.ts'
import { AddAccountDeletions1796929200000 } from './migrations/1796929200000-add-account-deletions.ts'
import { AddEmailVerification1796940000000 } from './migrations/1796940000000-add-email-verification.ts'
import { AddEmailChanges1796943600000 } from './migrations/1796943600000-add-email-changes.ts'
import { AddSessionNetworks1796947200000 } from './migrations/1796947200000-add-session-networks.ts'
import { IndexEventsAboutUsers1796958000000 } from './migrations/1796958000000-index-events-about-users.ts'
import { AddSessionDevices1796961600000 } from './migrations/1796961600000-add-session-devices.ts'
import { AddTotp1796968800000 } from './migrations/1796968800000-add-totp.ts'
import { tables } from './tables.ts'

/** Opens the database of users and brings it up to date; `onQuery` sees each SQL statement. */
export const openUsersDatabase = (
  url: string,
  options: Pick<DatabaseOptions, 'directUrl' | 'onQuery'> = {},
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
      AddLocale1796922000000,
      AddAuditLog1796925600000,
      AddAccountDeletions1796929200000,
      AddEmailVerification1796940000000,
      AddEmailChanges1796943600000,
      AddSessionNetworks1796947200000,
      IndexEventsAboutUsers1796958000000,
      AddSessionDevices1796961600000,
      AddTotp1796968800000,
    ],
  })
