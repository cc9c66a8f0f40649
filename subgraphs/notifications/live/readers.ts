import { type NotificationPosition, notificationsPerRead } from '../database/notification-store.ts'
import { type PlacedOrder, type PlacedPosition, placedOrdersPerRead } from '../database/placed-order-store.ts'
import type { ProductStock, ProductVersion } from '../database/product-stock-store.ts'
import type { NotificationRow } from '../database/tables.ts'
import { withoutGap } from '../domain/version-order.ts'
import type { Found, Refuse } from './follow.ts'

type Read<Position, Value> = (position: Position) => Promise<readonly Value[]>

const firstUnsettledWaitMs = 5
const longestUnsettledWaitMs = 50

/** A notification as an event, which tells when it happened. */
export type NotificationNews = NotificationRow & { readonly occurredAt: Date }

/**
 * Reads a user's notifications after the number `after`, in order and without a gap; `lastSeq` is the user's newest
 * number so far. Refuses if the next one is no longer kept, or if the user never had a notification `after`.
 */
export const createNotificationReader = (
  since: Read<NotificationPosition, NotificationRow>,
  { userId, after, lastSeq }: { readonly userId: string; readonly after: number; readonly lastSeq: number },
  refuse: Refuse,
): (() => Promise<Found<NotificationNews>>) => {
  let last = after
  return async () => {
    if (after > lastSeq) throw refuse({ kind: 'unknownCursor' })
    const newer = await since({ userId, seq: last })
    const values = withoutGap(newer, last, row => row.seq)
    if (values.length === 0 && (newer.length > 0 || last < lastSeq))
      throw refuse({ kind: 'prunedNotifications' })
    last += values.length
    const isAll = values.length === newer.length && newer.length < notificationsPerRead
    const news = values.map(row => ({ ...row, occurredAt: row.createdAt }))
    return { values: news, lookAgainInMs: isAll ? undefined : 0 }
  }
}

/** Reads the orders that are placed after a position, each once, in the order in which they were stored. */
export const createPlacedReader = (
  since: Read<PlacedPosition, PlacedOrder>,
  start: PlacedPosition,
): (() => Promise<Found<PlacedOrder>>) => {
  let position = start
  let waitMs = firstUnsettledWaitMs
  return async () => {
    const newer = await since(position)
    const unsettled = newer.findIndex(({ isSettled }) => !isSettled)
    const values = unsettled === -1 ? newer : newer.slice(0, unsettled)
    const last = values.at(-1)
    if (last !== undefined)
      position = { beganWith: start.beganWith, storedIn: last.storedIn, orderId: last.orderId }
    if (unsettled !== -1) {
      const lookAgainInMs = waitMs
      waitMs = Math.min(waitMs * 2, longestUnsettledWaitMs)
      return { values, lookAgainInMs }
    }
    waitMs = firstUnsettledWaitMs
    return { values, lookAgainInMs: newer.length < placedOrdersPerRead ? undefined : 0 }
  }
}

/** Reads the stock of these products, and after that the stock of each product that changed; only the newest state. */
export const createStockReader = (
  newerThan: Read<readonly ProductVersion[], ProductStock>,
  productIds: readonly string[],
): (() => Promise<Found<ProductStock>>) => {
  const seen = new Map(productIds.map(id => [id, -1]))
  return async () => {
    const values = await newerThan([...seen])
    for (const { productId, version } of values) seen.set(productId, version)
    return { values }
  }
}
