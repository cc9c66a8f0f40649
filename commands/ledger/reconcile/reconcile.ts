import { checkLedger } from '@supergraph/ledger/check.ts'
import { readOrders } from '@supergraph/ledger/order-reader.ts'
import type { OrderRecords } from '@supergraph/ledger/order-records.ts'
import { checkOrder } from '@supergraph/ledger/orders.ts'
import type { Violation } from '@supergraph/ledger/violations.ts'
import { messageOf } from '@supergraph/runtime/error-text.ts'
import { remediesOfAccounts } from './account-remedies.ts'
import { remediesOfDeliveries } from './delivery-remedies.ts'
import { remediesOfOrder } from './order-remedies.ts'
import { remedyOfOther } from './other-remedies.ts'
import { assertPaymentsKnown } from './payments-known.ts'
import { type Effect, NeedsPerson, type Remedy } from './remedy.ts'
import { openShop, type ReconciledUrls, type Shop } from './shop.ts'
import { assertStopped } from './stopped.ts'

/** What was done, and what is left to do, what failed among it. */
export type Reconciliation = { readonly done: readonly Remedy[]; readonly left: readonly Remedy[] }

const maxPasses = 10
const ordersPerRead = 2_000

/**
 * Finds what disagrees between databases that were restored to different moments, and what is to be done about it. With `apply`
 * it does so, one transaction of one database at a time, as long as something can be done; whoever is interrupted starts it again.
 * `onDone` is called after each. Throws OtherProvider, and with `apply` ServicesRun; what fails of one deed is left, and the others
 * are done.
 */
export const reconcile = async (
  urls: ReconciledUrls,
  { apply, onDone = () => {} }: { readonly apply: boolean; readonly onDone?: (remedy: Remedy) => void },
): Promise<Reconciliation> => {
  const shop = await openShop(urls)
  try {
    await assertPaymentsKnown(shop)
    const done: Remedy[] = []
    const tried = new Map<string, Remedy>()
    for (let pass = 1; ; pass += 1) {
      if (apply) await assertStopped(shop)
      const found = (await findRemedies(shop, urls)).map(remedy => tried.get(keyOf(remedy)) ?? remedy)
      const due = found.filter(remedy => remedy.by === 'command')
      if (!apply || pass > maxPasses || due.length === 0) return { done, left: found }
      for (const remedy of due) {
        const outcome = await carryOut(remedy)
        if (outcome === 'done') {
          done.push(remedy)
          onDone(remedy)
        } else if (outcome !== 'gone') tried.set(keyOf(remedy), outcome)
      }
    }
  } finally {
    await shop.stop()
  }
}

const keyOf = ({ kind, subject, does }: Remedy): string => `${kind} ${subject} ${does}`

/** Does it, unless it is gone, or returns who has to do what instead. */
const carryOut = async (
  remedy: Extract<Remedy, { by: 'command' }>,
): Promise<Remedy | Extract<Effect, 'done' | 'gone'>> => {
  const { kind, subject, does } = remedy
  try {
    const effect = await remedy.apply()
    switch (effect) {
      case 'done':
      case 'gone':
        return effect
      case 'waits':
        return { kind, subject, does: `it waits for its service to run: ${does}`, by: 'services' }
      case 'nothing':
        return {
          kind,
          subject,
          does: `it has changed nothing, look at it in the console: ${does}`,
          by: 'person',
        }
      default:
        return effect satisfies never
    }
  } catch (error) {
    return { kind, subject, does: messageOf(error), by: error instanceof NeedsPerson ? 'person' : 'failed' }
  }
}

const findRemedies = async (shop: Shop, urls: ReconciledUrls): Promise<readonly Remedy[]> => {
  const accounts = await remediesOfAccounts(shop)
  const { violations } = await checkLedger(urls, { settleMs: 0 })
  const byOrder = Map.groupBy(violations, orderOf)
  const ids = [...byOrder.keys()]
  const known = new Set<string>()
  const remedies: Remedy[] = []
  for (let from = 0; from < ids.length; from += ordersPerRead) {
    for (const records of await readOrders(shop.read, ids.slice(from, from + ordersPerRead))) {
      if (!isKnown(records)) continue
      known.add(records.orderId)
      const found = await remediesNow(shop, records, accounts)
      remedies.push(...found.map(remedy => onlyIfStillDue(shop, records.orderId, accounts, remedy)))
    }
  }
  const others = ids.filter(id => !known.has(id)).flatMap(id => byOrder.get(id) ?? [])
  return [
    ...accounts,
    ...remedies,
    ...others.map(violation => remedyOfOther(shop, violation)),
    ...(await remediesOfDeliveries(shop)),
  ]
}

/** Whether any database has anything of it: whether it is an order at all. */
const isKnown = ({ order, reservation, payments, news }: OrderRecords): boolean =>
  order !== null ||
  reservation.state !== null ||
  payments.length + news.updates.length + news.notifications.length > 0

const remediesNow = async (
  shop: Shop,
  records: OrderRecords,
  accounts: readonly Remedy[],
): Promise<readonly Remedy[]> => {
  const about = checkOrder(records).filter(violation => !isOfAccount(violation, accounts))
  return about.length > 0 ? remediesOfOrder(shop, records, about) : []
}

/** Finds the same deed anew from what is there when it is to be done. */
const onlyIfStillDue = (
  shop: Shop,
  orderId: string,
  accounts: readonly Remedy[],
  remedy: Remedy,
): Remedy => ({
  ...remedy,
  ...(remedy.by === 'command' && {
    apply: async () => {
      const [records] = await readOrders(shop.read, [orderId])
      const found = records === undefined ? [] : await remediesNow(shop, records, accounts)
      const same = found.find(other => keyOf(other) === keyOf(remedy))
      return same?.by === 'command' ? same.apply() : 'gone'
    },
  }),
})

/** Whether an order is of somebody whose account is to be opened again. */
const isOfAccount = ({ kind, ids }: Violation, accounts: readonly Remedy[]): boolean =>
  kind === 'customer-unknown' && accounts.some(({ subject }) => ids.includes(subject))

/** n.b. a charge without an order is about the payment. */
const orderOf = ({ kind, subject, ids }: Violation): string =>
  kind === 'charge-without-order' ? (ids[0] ?? subject) : subject
