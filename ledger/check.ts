import { setTimeout as pause } from 'node:timers/promises'
import { type Databases, type LedgerUrls, openDatabases } from './databases.ts'
import { deletionsOf } from './deletions.ts'
import { eventsOf } from './events.ts'
import { inboxesOf } from './inboxes.ts'
import { ordersOf } from './orders.ts'
import { productsOf } from './products.ts'
import type { CheckedSubject, Subject } from './subject.ts'
import { addTotals, checkSums, nothing, type Totals } from './totals.ts'
import type { Violation } from './violations.ts'

export type LedgerReport = { readonly violations: readonly Violation[]; readonly totals: Totals }

type LedgerOptions = {
  /** For how long what disagrees is read again, because a change may be under way (10,000). */
  readonly settleMs?: number
  /** Called once, with the approximate number of things to check. */
  readonly onStart?: (total: number) => void
  /** Called with the number of things that were just checked. */
  readonly onProgress?: (count: number) => void
  /** Called once if anything is to be read again, with how many things. */
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
  const databases = await openDatabases(urls)
  try {
    const subjects = subjectsOf(databases)
    const counts = await Promise.all(subjects.map(subject => subject.count()))
    onStart?.(counts.reduce((sum, count) => sum + count, 0))
    let totals: Totals = nothing
    const suspects: Suspect[] = []
    const check = async (subject: Subject, ids: readonly string[]) => {
      for (const finding of await subject.check(ids)) {
        if (finding.violations.length > 0) suspects.push({ subject, finding })
        else totals = addTotals(totals, finding.totals)
      }
    }
    for (const subject of subjects) {
      for await (const ids of subject.pages()) {
        await check(subject, ids)
        onProgress?.(ids.length)
      }
    }
    if (suspects.length > 0 && settleMs > 0) onSettle?.(suspects.length)
    for (const until = Date.now() + settleMs; suspects.length > 0 && Date.now() < until; ) {
      await pause(Math.min(pauseMs, until - Date.now()))
      for (const [subject, ids] of inPages(suspects.splice(0))) await check(subject, ids)
    }
    for (const { finding } of suspects) totals = addTotals(totals, finding.totals)
    const violations = suspects.flatMap(({ finding }) => finding.violations)
    return { violations: violations.length > 0 ? violations : checkSums(totals), totals }
  } finally {
    await databases.stop()
  }
}

/** Everything that is checked. n.b. the payment simulator publishes no events: it stands in for another company's service. */
const subjectsOf = (databases: Databases): readonly Subject[] => [
  ordersOf(databases),
  productsOf(databases),
  inboxesOf(databases),
  deletionsOf(databases),
  ...publishersOf(databases).map(publisher => eventsOf(publisher, databases)),
]

const publishersOf = ({ users, products, orders, notifications }: Databases) => [
  users,
  products,
  orders,
  notifications,
]

/** Something that disagreed when it was read last. */
type Suspect = { readonly subject: Subject; readonly finding: CheckedSubject }

const inPages = (suspects: readonly Suspect[]): readonly (readonly [Subject, readonly string[]])[] =>
  [...Map.groupBy(suspects, ({ subject }) => subject)].flatMap(([subject, own]) =>
    Array.from({ length: Math.ceil(own.length / idsPerRead) }, (_, page) => {
      const part = own.slice(page * idsPerRead, (page + 1) * idsPerRead)
      return [subject, part.map(({ finding }) => finding.id)] as const
    }),
  )
