import { type OrderPosition, type OwnOrder, orderUpdatesPerRead } from '../database/order-update-store.ts'
import type { OrderUpdateRow } from '../database/tables.ts'
import type { SubscriptionRefusal } from '../domain/subscription-refusal.ts'
import { withoutGap } from '../domain/version-order.ts'
import type { Found, Refuse } from './follow.ts'

/** Reads the changes of one order. */
export type OrderReads = {
  readonly latest: (order: OwnOrder) => Promise<OrderUpdateRow | undefined>
  readonly since: (position: OrderPosition) => Promise<readonly OrderUpdateRow[]>
}

/** How long a reader waits for an event that has not arrived. */
export type OrderWaits = {
  /** For an order or a version that is not known: a client can be some ms faster than the event of its own change. */
  readonly unknownWaitMs: number
  /** For a change that is being handled or retried, while later changes are ahead. */
  readonly missingVersionWaitMs: number
}

export const defaultOrderWaits: OrderWaits = { unknownWaitMs: 5_000, missingVersionWaitMs: 60_000 }

const versionOf = ({ version }: OrderUpdateRow): number => version

/**
 * Reads the changes of a customer's order after a version, in order and without a gap. Without a version, reads the
 * latest change and then those after it; if the order has no change yet, the first change and so on. Refuses if the
 * order or its version `afterVersion` stays unknown, as an order of another customer always does, and if the next change
 * was pruned or does not come.
 */
export const createOrderReader = (
  reads: OrderReads,
  order: OwnOrder,
  afterVersion: number | undefined,
  { refuse, unknownWaitMs, missingVersionWaitMs }: OrderWaits & { readonly refuse: Refuse },
): (() => Promise<Found<OrderUpdateRow>>) => {
  const unknownUntilMs = performance.now() + unknownWaitMs
  let last = afterVersion
  // whether the order has come to version `last`
  let isKnown = false
  let missingUntilMs: number | undefined

  const readLatest = async (): Promise<Found<OrderUpdateRow>> => {
    const latest = await reads.latest(order)
    last = latest?.version ?? 0
    if (latest === undefined) return readNewer(last)
    isKnown = true
    return { values: [latest] }
  }

  const readNewer = async (after: number): Promise<Found<OrderUpdateRow>> => {
    const newer = await reads.since({ ...order, version: after })
    const [first] = newer
    if (first === undefined) return readNothing(after)
    isKnown = true
    const values = withoutGap(newer, after, versionOf)
    if (values.length === 0) {
      if (first.followsPruned) throw refuse({ kind: 'prunedChanges' })
      missingUntilMs ??= performance.now() + missingVersionWaitMs
      return {
        values,
        lookAgainInMs: leftUntil(missingUntilMs, { kind: 'missingVersion', version: after + 1 }),
      }
    }
    missingUntilMs = undefined
    last = after + values.length
    const isAll = values.length === newer.length && newer.length < orderUpdatesPerRead
    return { values, lookAgainInMs: isAll ? undefined : 0 }
  }

  const readNothing = async (after: number): Promise<Found<OrderUpdateRow>> => {
    if (isKnown) return { values: [] }
    const latest = await reads.latest(order)
    isKnown = latest !== undefined && latest.version >= after
    if (isKnown) return { values: [] }
    const refusal: SubscriptionRefusal =
      latest === undefined
        ? { kind: 'unknownOrder' }
        : { kind: 'futureVersion', version: after, latest: latest.version }
    return { values: [], lookAgainInMs: leftUntil(unknownUntilMs, refusal) }
  }

  const leftUntil = (untilMs: number, refusal: SubscriptionRefusal): number => {
    const leftMs = untilMs - performance.now()
    if (leftMs <= 0) throw refuse(refusal)
    return leftMs
  }

  return () => (last === undefined ? readLatest() : readNewer(last))
}
