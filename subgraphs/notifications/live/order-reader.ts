import { type OrderUpdateStore, type OwnOrder, orderUpdatesPerRead } from '../database/order-update-store.ts'
import type { OrderUpdateRow } from '../database/tables.ts'
import type { SubscriptionRefusal } from '../domain/subscription-refusal.ts'
import { withoutGap } from '../domain/version-order.ts'
import type { Found, Refuse } from './follow.ts'

/** How long a reader waits for an event that has not arrived. */
export type OrderWaits = {
  /** For an order that is not known: the client of a new order can be some ms faster than the order's event. */
  readonly unknownOrderWaitMs: number
  /** For a change that is being handled or retried, while later changes, or a client that knows it, are ahead. */
  readonly missingVersionWaitMs: number
}

export const defaultOrderWaits: OrderWaits = { unknownOrderWaitMs: 5_000, missingVersionWaitMs: 60_000 }

const versionOf = ({ version }: OrderUpdateRow): number => version

/**
 * Reads the changes of a customer's order after a version, in order and without a gap. Without a version, reads the
 * latest change and then those after it; if the order has no change yet, the first change and so on. Refuses if the
 * order stays unknown, as an order of another customer always does, and if the next change was pruned or does not come.
 */
export const createOrderReader = (
  store: OrderUpdateStore,
  order: OwnOrder,
  afterVersion: number | undefined,
  { refuse, unknownOrderWaitMs, missingVersionWaitMs }: OrderWaits & { readonly refuse: Refuse },
): (() => Promise<Found<OrderUpdateRow>>) => {
  const unknownUntilMs = performance.now() + unknownOrderWaitMs
  let last = afterVersion
  // whether the order has come to version `last`
  let isKnown = false
  let missingUntilMs: number | undefined

  const readLatest = async (): Promise<Found<OrderUpdateRow>> => {
    const latest = await store.latest(order)
    last = latest?.version ?? 0
    if (latest === undefined) return readNewer(last)
    isKnown = true
    return { values: [latest] }
  }

  const readNewer = async (after: number): Promise<Found<OrderUpdateRow>> => {
    const newer = await store.since(order, after)
    const [first] = newer
    if (first === undefined) return readNothing(after)
    isKnown = true
    const values = withoutGap(newer, after, versionOf)
    if (values.length === 0) {
      if (first.followsPruned) throw refuse({ kind: 'prunedChanges' })
      return { values, lookAgainInMs: leftToCome({ kind: 'missingVersion', version: after + 1 }) }
    }
    missingUntilMs = undefined
    last = after + values.length
    const isAll = values.length === newer.length && newer.length < orderUpdatesPerRead
    return { values, lookAgainInMs: isAll ? undefined : 0 }
  }

  const readNothing = async (after: number): Promise<Found<OrderUpdateRow>> => {
    if (isKnown) return { values: [] }
    const latest = await store.latest(order)
    isKnown = latest !== undefined && latest.version >= after
    if (isKnown) return { values: [] }
    if (latest !== undefined)
      return { values: [], lookAgainInMs: leftToCome({ kind: 'futureVersion', version: after }) }
    return { values: [], lookAgainInMs: leftUntil(unknownUntilMs, { kind: 'unknownOrder' }) }
  }

  const leftToCome = (refusal: SubscriptionRefusal): number => {
    missingUntilMs ??= performance.now() + missingVersionWaitMs
    return leftUntil(missingUntilMs, refusal)
  }

  const leftUntil = (untilMs: number, refusal: SubscriptionRefusal): number => {
    const leftMs = untilMs - performance.now()
    if (leftMs <= 0) throw refuse(refusal)
    return leftMs
  }

  return () => (last === undefined ? readLatest() : readNewer(last))
}
