import { placedTopic, topicOf } from '../database/announcements.ts'
import type { NotificationStore } from '../database/notification-store.ts'
import type { OrderUpdateStore } from '../database/order-update-store.ts'
import type { PlacedOrderStore, PlacedPosition } from '../database/placed-order-store.ts'
import type { ProductStockStore } from '../database/product-stock-store.ts'
import { batchReads } from './batched-reads.ts'
import { follow, type Refuse } from './follow.ts'
import { createOrderReader, defaultOrderWaits, type OrderWaits } from './order-reader.ts'
import { createNotificationReader, createPlacedReader, createStockReader } from './readers.ts'
import type { WakeUps } from './wake-ups.ts'

/** The streams behind the subscriptions; each listens until its `return` is called. */
export type LiveUpdates = ReturnType<typeof createLiveUpdates>

export const createLiveUpdates = ({
  wakeUps,
  orderUpdates,
  placedOrders,
  notifications,
  productStock,
  refuse,
  orderWaits = {},
}: {
  readonly wakeUps: WakeUps
  readonly orderUpdates: OrderUpdateStore
  readonly placedOrders: PlacedOrderStore
  readonly notifications: NotificationStore
  readonly productStock: ProductStockStore
  readonly refuse: Refuse
  readonly orderWaits?: Partial<OrderWaits> | undefined
}) => {
  const shared = {
    orderUpdates: { latest: batchReads(orderUpdates.latest), since: batchReads(orderUpdates.since) },
    // n.b. who waits for placed orders has nearly always come to the same position
    placedSince: batchReads((positions: readonly PlacedPosition[]) =>
      Promise.all(positions.map(placedOrders.since)),
    ),
    notificationsSince: batchReads(notifications.since),
    stockNewerThan: batchReads(productStock.newerThan),
  }
  const waits = { ...defaultOrderWaits, ...orderWaits, refuse }

  return {
    /**
     * The changes of an order after a version, or the latest and each further one; for its customer. Refused if the order
     * stays unknown, or if the next change was pruned or does not come.
     */
    order: (orderId: string, customerId: string, afterVersion?: number) =>
      follow(
        wakeUps,
        [topicOf('order', orderId)],
        createOrderReader(shared.orderUpdates, { orderId, customerId }, afterVersion, waits),
      ),
    /** The user's notifications after this number, or those that come after the call; refused if the next one is gone. */
    notifications: async (userId: string, after?: number) => {
      const lastSeq = await notifications.lastSeq(userId)
      const from = { userId, after: after ?? lastSeq, lastSeq }
      return follow(
        wakeUps,
        [topicOf('user', userId)],
        createNotificationReader(shared.notificationsSince, from, refuse),
      )
    },
    /** The orders that are placed after the call. */
    placed: async () => {
      const start = await placedOrders.now()
      return follow(wakeUps, [placedTopic], createPlacedReader(shared.placedSince, start))
    },
    /** The stock of products, given by their UUIDs, now and after each change. */
    stock: (productIds: readonly string[]) => {
      const ids = [...new Set(productIds.map(id => id.toLowerCase()))]
      return follow(
        wakeUps,
        ids.map(id => topicOf('product', id)),
        createStockReader(shared.stockNewerThan, ids),
      )
    },
  }
}
