import { messagingMigrations } from '@supergraph/messaging/migration.ts'
import { type DatabaseOptions, openServiceDatabase } from '@supergraph/postgres/data-source.ts'
import { CreateThrottleCounts1795190400000 } from '@supergraph/postgres/throttle/migration.ts'
import { CreateNotifications1767603600000 } from './migrations/1767603600000-create-notifications.ts'
import { AllowOrderNews1795171260000 } from './migrations/1795171260000-allow-order-news.ts'
import { ResumeSubscriptions1795174800000 } from './migrations/1795174800000-resume-subscriptions.ts'
import { AddEmail1795182600000 } from './migrations/1795182600000-add-email.ts'
import { IndexNewsOfOrders1796486400000 } from './migrations/1796486400000-index-news-of-orders.ts'
import { TraceEmails1796659200000 } from './migrations/1796659200000-trace-emails.ts'
import { AddExpiringEmails1796918400000 } from './migrations/1796918400000-add-expiring-emails.ts'
import { AddLocale1796922000000 } from './migrations/1796922000000-add-locale.ts'
import { AddEmailLinks1796940000000 } from './migrations/1796940000000-add-email-links.ts'
import { AddDeletedUsers1796950000000 } from './migrations/1796950000000-add-deleted-users.ts'
import { AllowTotpEmails1796968800000 } from './migrations/1796968800000-allow-totp-emails.ts'
import { AddFarewells1796972400000 } from './migrations/1796972400000-add-farewells.ts'

/** Opens the database of notifications and brings it up to date. */
export const openNotificationsDatabase = (
  url: string,
  options: Pick<DatabaseOptions, 'directUrl' | 'onQuery'> = {},
) =>
  openServiceDatabase({
    ...options,
    service: 'notifications',
    url,
    keepsIndexOrder: true,
    tables: [],
    migrations: [
      ...messagingMigrations,
      CreateNotifications1767603600000,
      AllowOrderNews1795171260000,
      ResumeSubscriptions1795174800000,
      AddEmail1795182600000,
      CreateThrottleCounts1795190400000,
      IndexNewsOfOrders1796486400000,
      TraceEmails1796659200000,
      AddExpiringEmails1796918400000,
      AddLocale1796922000000,
      AddEmailLinks1796940000000,
      AddDeletedUsers1796950000000,
      AllowTotpEmails1796968800000,
      AddFarewells1796972400000,
    ],
  })
