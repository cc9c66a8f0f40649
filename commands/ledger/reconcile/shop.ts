import { type LedgerUrls, openDatabases } from '@supergraph/ledger/databases.ts'
import { tables as orderTables } from '@supergraph/orders/database/tables.ts'
import { openDatabase } from '@supergraph/postgres/data-source.ts'
import { tables as productTables } from '@supergraph/products/database/tables.ts'
import { startAll } from '@supergraph/runtime/lifecycle.ts'
import { tables as userTables } from '@supergraph/users/database/tables.ts'
import type { StatefulName } from '../../../services.ts'

/** The services whose databases are brought together. n.b. the payment provider's word on money is taken as it is */
export const reconciledParts = ['users', 'products', 'orders', 'notifications', 'analytics'] as const

export type ReconciledPart = (typeof reconciledParts)[number]

/** The URLs of the databases that are compared, and of analytics. */
export type ReconciledUrls = LedgerUrls & Readonly<Record<'analytics', string>>

export type Shop = Awaited<ReturnType<typeof openShop>>

/** The name in `pg_stat_activity` of the session that writes. */
export const sessionNameOf = (service: ReconciledPart): string => `${service} reconciliation`

/** Opens every database twice: as the ledger reads it, and as its service writes it. None is migrated. */
export const openShop = (urls: ReconciledUrls) =>
  startAll(async use => {
    const open = async (service: ReconciledPart & StatefulName, tables: Tables) =>
      use(
        await openDatabase({
          ...{ service: sessionNameOf(service), url: urls[service], tables },
          ...{ migrations: [], poolSize: 1 },
        }),
      )
    return {
      read: use(await openDatabases(urls)),
      write: {
        users: await open('users', userTables),
        products: await open('products', productTables),
        orders: await open('orders', orderTables),
        notifications: await open('notifications', []),
        analytics: await open('analytics', []),
      },
    }
  })

type Tables = Parameters<typeof openDatabase>[0]['tables']
