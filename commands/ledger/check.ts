import { setTimeout as pause } from 'node:timers/promises'
import { type Book, countEvents, type Finding, openBooks } from './books.ts'
import { type LedgerUrls, openLedger } from './databases.ts'
import type { Violation } from './kinds.ts'
import { addTotals, judgeSums, nothing, type Totals } from './totals.ts'

export type LedgerReport = { readonly violations: readonly Violation[]; readonly totals: Totals }

export type LedgerOptions = {
  /** For how long what disagrees is read again, because it may be under way (10,000). */
  readonly settleMs?: number
  /** Called once, with about how many things there are to check. */
  readonly onStart?: (total: number) => void
  /** Called with how many more are checked. */
  readonly onProgress?: (count: number) => void
  /** Called once where anything is to be read again, with how much. */
  readonly onSettle?: (count: number) => void
}

const idsPerRead = 2_000
const pauseMs = 250

/**
 * Checks that orders, stock, payments, events, notifications and e-mails agree, per order and in sum. What disagrees is read
 * again until it agrees; what still disagrees after `settleMs` is a violation. Throws LedgerUnreadable.
 */
export const checkLedger = async (
  urls: LedgerUrls,
  { settleMs = 10_000, onStart, onProgress, onSettle }: LedgerOptions = {},
): Promise<LedgerReport> => {
  const ledger = await openLedger(urls)
  try {
    const books = openBooks(ledger)
    const counts = await Promise.all(books.map(book => book.count()))
    onStart?.(counts.reduce((sum, count) => sum + count, 0))
    let totals: Totals = { ...nothing, events: await countEvents(ledger) }
    const suspects: Suspect[] = []
    const examine = async (book: Book, ids: readonly string[]) => {
      for (const finding of await book.examine(ids)) {
        if (finding.violations.length > 0) suspects.push({ book, finding })
        else totals = addTotals(totals, finding.totals)
      }
    }
    for (const book of books) {
      for await (const ids of book.pages()) {
        await examine(book, ids)
        onProgress?.(ids.length)
      }
    }
    if (suspects.length > 0 && settleMs > 0) onSettle?.(suspects.length)
    for (const until = Date.now() + settleMs; suspects.length > 0 && Date.now() < until; ) {
      await pause(Math.min(pauseMs, until - Date.now()))
      for (const [book, ids] of inPages(suspects.splice(0))) await examine(book, ids)
    }
    for (const { finding } of suspects) totals = addTotals(totals, finding.totals)
    const violations = suspects.flatMap(({ finding }) => finding.violations)
    return { violations: violations.length > 0 ? violations : judgeSums(totals), totals }
  } finally {
    await ledger.stop()
  }
}

type Suspect = { readonly book: Book; readonly finding: Finding }

const inPages = (suspects: readonly Suspect[]): readonly (readonly [Book, readonly string[]])[] =>
  [...Map.groupBy(suspects, ({ book }) => book)].flatMap(([book, own]) =>
    Array.from({ length: Math.ceil(own.length / idsPerRead) }, (_, page) => {
      const part = own.slice(page * idsPerRead, (page + 1) * idsPerRead)
      return [book, part.map(({ finding }) => finding.id)] as const
    }),
  )
