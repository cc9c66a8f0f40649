import { z } from 'zod'
import type { Database, Ledger } from './databases.ts'
import type { Violation } from './kinds.ts'
import { readOrders } from './order-reader.ts'
import { eventIds, inboxIds, isOpenEvent, orderIds, productIds } from './pages.ts'
import { readEvents, readInboxes, readShelves } from './readers.ts'
import { judgeEvent, judgeInbox, judgeOrder, judgeShelf } from './rules.ts'
import { type Totals, totalsOfOrder } from './totals.ts'

/** What was found about one order, product, user or event. */
export type Finding = {
  readonly id: string
  readonly violations: readonly Violation[]
  readonly totals: Partial<Totals>
}

/** One kind of thing that can be checked, all of them page by page or some of them again. */
export type Book = {
  /** About how many there are. */
  readonly count: () => Promise<number>
  readonly pages: () => AsyncIterable<readonly string[]>
  readonly examine: (ids: readonly string[]) => Promise<readonly Finding[]>
}

/** Everything that is checked. */
export const openBooks = (ledger: Ledger): readonly Book[] => [
  {
    count: () => countOf(ledger.orders, 'orders'),
    pages: () => orderIds(ledger),
    examine: async ids =>
      (await readOrders(ledger, ids)).map(all => ({
        id: all.orderId,
        violations: judgeOrder(all),
        totals: totalsOfOrder(all),
      })),
  },
  {
    count: () => countOf(ledger.products, 'products'),
    pages: () => productIds(ledger),
    examine: async ids =>
      (await readShelves(ledger, ids)).map(shelf => ({
        id: shelf.id,
        violations: judgeShelf(shelf),
        totals: { products: 1 },
      })),
  },
  {
    count: () => countOf(ledger.notifications, 'user_counters'),
    pages: () => inboxIds(ledger),
    examine: async ids =>
      (await readInboxes(ledger, ids)).map(inbox => ({
        id: inbox.userId,
        violations: judgeInbox(inbox),
        totals: { notifications: inbox.count },
      })),
  },
  eventBook(ledger, ledger.users),
  eventBook(ledger, ledger.products),
  eventBook(ledger, ledger.orders),
]

/** How many events the outboxes have. */
export const countEvents = async ({ users, products, orders }: Ledger): Promise<number> => {
  const counts = await Promise.all([users, products, orders].map(publisher => countOf(publisher, 'outbox')))
  return counts.reduce((sum, count) => sum + count, 0)
}

const eventBook = (ledger: Ledger, publisher: Database): Book => ({
  count: () => countOf(publisher, `outbox where ${isOpenEvent}`),
  pages: () => eventIds(publisher),
  examine: async ids =>
    (await readEvents(publisher, ledger, ids)).map(event => ({
      id: event.id,
      violations: judgeEvent(event),
      totals: {},
    })),
})

const counted = z.object({ count: z.number() })

const countOf = async (database: Database, rows: string) => {
  const [row] = await database.rows(counted, `select count(*)::float8 as count from ${rows}`)
  return row?.count ?? 0
}
