import { notFound } from '@supergraph/runtime/errors.ts'
import { type OrderUpdateStore, type OwnOrder, orderUpdatesPerRead } from '../database/order-update-store.ts'
import type { OrderUpdateRow } from '../database/tables.ts'
import { withoutGap } from '../domain/version-order.ts'
import { cursorExpired } from './cursor-expired.ts'
import type { Found } from './follow.ts'

/** How long a reader waits for what may be on its way. */
export type OrderWaits = {
  /** For an order that is not known: one placed just now is a few ms ahead of its event. */
  readonly unknownOrderWaitMs: number
  /** For a change that later ones, or who asks for what follows it, have overtaken: it is being handled or retried. */
  readonly missingVersionWaitMs: number
}

export const defaultOrderWaits: OrderWaits = { unknownOrderWaitMs: 5_000, missingVersionWaitMs: 60_000 }

const versionOf = ({ version }: OrderUpdateRow): number => version

/**
 * Reads the changes of a customer's order after a version, in order and without a gap; where none is given, the latest
 * change, or the first one of an order that is still to come, and then those after it. Throws NOT_FOUND where the order
 * stays unknown, as someone else's always does, and CURSOR_EXPIRED where the next change was pruned or does not come.
 */
export const createOrderReader = (
  store: OrderUpdateStore,
  order: OwnOrder,
  afterVersion: number | undefined,
  { unknownOrderWaitMs, missingVersionWaitMs }: OrderWaits,
): (() => Promise<Found<OrderUpdateRow>>) => {
  const unknownUntilMs = performance.now() + unknownOrderWaitMs
  let last = afterVersion
  // whether the order has come as far as `last`
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
      if (first.followsPruned) throw cursorExpired('the changes after this version are no longer kept')
      const why = `version ${after + 1} of this order has not arrived, though later ones have`
      return { values, lookAgainInMs: leftToCome(why) }
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
      return { values: [], lookAgainInMs: leftToCome(`this order has not come to version ${after}`) }
    const leftMs = unknownUntilMs - performance.now()
    if (leftMs <= 0) throw notFound('There is no order with this id, or it is not yours.')
    return { values: [], lookAgainInMs: leftMs }
  }

  const leftToCome = (why: string): number => {
    missingUntilMs ??= performance.now() + missingVersionWaitMs
    const leftMs = missingUntilMs - performance.now()
    if (leftMs <= 0) throw cursorExpired(why)
    return leftMs
  }

  return () => (last === undefined ? readLatest() : readNewer(last))
}
