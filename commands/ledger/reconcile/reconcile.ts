import { checkLedger } from '@supergraph/ledger/check.ts'
import { readOrders } from '@supergraph/ledger/order-reader.ts'
import type { Violation } from '@supergraph/ledger/violations.ts'
import { messageOf } from '@supergraph/runtime/error-text.ts'
import { ExpectedError } from '@supergraph/runtime/expected-error.ts'
import { remediesOfAccounts, remediesOfDeliveries, remedyOfOther } from './more-remedies.ts'
import { remediesOfOrder } from './order-remedies.ts'
import type { Remedy } from './remedy.ts'
import { openShop, type ReconciledUrls, type Shop } from './shop.ts'

/** What was done, and what is left to do. */
export type Reconciliation = { readonly done: readonly Remedy[]; readonly left: readonly Remedy[] }

const maxPasses = 10

/**
 * Finds what disagrees between databases that were restored to different moments, and what is to be done about it. With `apply`
 * it does so, one transaction of one database at a time, as long as something can be done; whoever is interrupted starts it again.
 * `onDone` is called after each.
 */
export const reconcile = async (
  urls: ReconciledUrls,
  { apply, onDone = () => {} }: { readonly apply: boolean; readonly onDone?: (remedy: Remedy) => void },
): Promise<Reconciliation> => {
  const shop = await openShop(urls)
  try {
    const done: Remedy[] = []
    for (let pass = 1; ; pass += 1) {
      const found = await findRemedies(shop, urls)
      if (!apply || pass > maxPasses || !found.some(({ by }) => by === 'command'))
        return { done, left: found }
      const failed: Remedy[] = []
      for (const remedy of found) {
        if (remedy.by !== 'command') continue
        const outcome = await carryOut(remedy)
        if (outcome === undefined) {
          done.push(remedy)
          onDone(remedy)
        } else failed.push(outcome)
      }
      if (failed.length > 0 && failed.length === found.filter(({ by }) => by === 'command').length)
        return { done, left: [...failed, ...found.filter(({ by }) => by !== 'command')] }
    }
  } finally {
    await shop.stop()
  }
}

/** Does it, or returns what somebody has to do first. */
const carryOut = async (remedy: Extract<Remedy, { by: 'command' }>): Promise<Remedy | undefined> => {
  try {
    await remedy.apply()
    return undefined
  } catch (error) {
    if (!(error instanceof ExpectedError)) throw error
    return { kind: remedy.kind, subject: remedy.subject, does: messageOf(error), by: 'person' }
  }
}

const findRemedies = async (shop: Shop, urls: ReconciledUrls): Promise<readonly Remedy[]> => {
  const accounts = await remediesOfAccounts(shop)
  const { violations } = await checkLedger(urls, { settleMs: 0 })
  const byOrder = Map.groupBy(violations, orderOf)
  const ids = [...byOrder.keys()]
  const orders = (await readOrders(shop.read, ids)).filter(
    ({ order, reservation, payments, news }) =>
      order !== null ||
      reservation.state !== null ||
      payments.length + news.updates.length + news.notifications.length > 0,
  )
  const known = new Set(orders.map(({ orderId }) => orderId))
  const remedies: Remedy[] = []
  for (const records of orders) {
    const about = (byOrder.get(records.orderId) ?? []).filter(violation => !isOfAccount(violation, accounts))
    if (about.length > 0) remedies.push(...(await remediesOfOrder(shop, records, about)))
  }
  const others = ids.filter(id => !known.has(id)).flatMap(id => byOrder.get(id) ?? [])
  return [
    ...accounts,
    ...remedies,
    ...others.map(violation => remedyOfOther(shop, violation)),
    ...(await remediesOfDeliveries(shop)),
  ]
}

/** Whether an order is of somebody whose account is to be opened again. */
const isOfAccount = ({ kind, ids }: Violation, accounts: readonly Remedy[]): boolean =>
  kind === 'customer-unknown' && accounts.some(({ subject }) => ids.includes(subject))

/** n.b. a charge without an order is about the payment. */
const orderOf = ({ kind, subject, ids }: Violation): string =>
  kind === 'charge-without-order' ? (ids[0] ?? subject) : subject
