import { type LedgerUrls, ledgerParts, ledgerSettings, openDatabases } from '@supergraph/ledger/databases.ts'
import { readOrderAccount } from '@supergraph/ledger/order-account.ts'
import { messageOf } from '@supergraph/runtime/error-text.ts'
import { type Running, startAll } from '@supergraph/runtime/lifecycle.ts'
import type { Environment } from '../environment.ts'
import type { OrderLedger } from '../pages/views.ts'

/** Compares what all services have of an order. */
export type Ledger = Running & { readonly ofOrder: (orderId: string) => Promise<OrderLedger> }

/** Opens a database when it is first asked; if the settings don't name all databases, the ledger says so and no more. */
export const openLedger = (environment: Environment): Promise<Ledger> =>
  startAll(async use => {
    const urls: Partial<LedgerUrls> = {
      users: environment.USERS_DATABASE_URL,
      products: environment.PRODUCTS_DATABASE_URL,
      orders: environment.ORDERS_DATABASE_URL,
      notifications: environment.NOTIFICATIONS_DATABASE_URL,
      'payment-simulator': environment.PAYMENT_SIMULATOR_DATABASE_URL,
    }
    const databases = isComplete(urls) ? use(await openDatabases(urls)) : undefined
    return {
      ofOrder: async orderId => {
        if (databases === undefined) return { account: null, silence: noDatabases }
        try {
          return { account: (await readOrderAccount(databases, orderId)) ?? null, silence: null }
        } catch (error) {
          return { account: null, silence: messageOf(error) }
        }
      },
    }
  })

const isComplete = (urls: Partial<LedgerUrls>): urls is LedgerUrls =>
  ledgerParts.every(part => urls[part] !== undefined)

const noDatabases = `Nothing can be compared here: this console is not told ${ledgerParts.map(part => ledgerSettings[part]).join(', ')}.`
