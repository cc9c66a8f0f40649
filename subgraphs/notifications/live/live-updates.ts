import { placedTopic, type Topic, topicOf } from '../database/announcements.ts'
import type { NotificationStore } from '../database/notification-store.ts'
import type { OrderUpdateStore, OwnOrder } from '../database/order-update-store.ts'
import type { PlacedOrderStore, PlacedPosition } from '../database/placed-order-store.ts'
import type { ProductStockStore } from '../database/product-stock-store.ts'
import { batchReads } from './batched-reads.ts'
import { follow, type Refuse } from './follow.ts'
import { createOrderReader, defaultOrderWaits, type OrderWaits } from './order-reader.ts'
import { tellHeldBack } from './read-span.ts'
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
  const { causes } = wakeUps
  const causedBy = <Row>(
    row: Row,
    { topic, name }: { readonly topic: Topic; readonly name: string | number },
    heldBackSinceMs: number | undefined,
  ): Row => {
    const cause = causes.of(topic, name)
    if (cause === undefined) return row
    const { traceparent, atMs } = cause
    if (heldBackSinceMs !== undefined) tellHeldBack(traceparent, Math.max(atMs, heldBackSinceMs))
    return { ...row, traceparent }
  }
  const causesOfOrder = ({ orderId }: OwnOrder) => causes.take(topicOf('order', orderId))
  const shared = {
    orderUpdates: {
      latest: batchReads(orderUpdates.latest, causesOfOrder),
      since: batchReads(orderUpdates.since, causesOfOrder),
    },
    // n.b. who waits for placed orders has nearly always come to the same position
    placedSince: batchReads(
      (positions: readonly PlacedPosition[]) => Promise.all(positions.map(placedOrders.since)),
      () => causes.take(placedTopic),
    ),
    notificationsSince: batchReads(notifications.since, ({ userId }) => causes.take(topicOf('user', userId))),
    stockNewerThan: batchReads(productStock.newerThan, products =>
      products.flatMap(([id]) => causes.take(topicOf('product', id))),
    ),
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
        (update, sinceMs) =>
          causedBy(update, { topic: topicOf('order', orderId), name: update.version }, sinceMs),
      ),
    /** The user's notifications after this number, or those that come after the call; refused if the next one is gone. */
    notifications: async (userId: string, after?: number) => {
      const lastSeq = await notifications.lastSeq(userId)
      const from = { userId, after: after ?? lastSeq, lastSeq }
      return follow(
        wakeUps,
        [topicOf('user', userId)],
        createNotificationReader(shared.notificationsSince, from, refuse),
        (notification, sinceMs) =>
          causedBy(notification, { topic: topicOf('user', userId), name: notification.seq }, sinceMs),
      )
    },
    /** The orders that are placed after the call. */
    placed: async () => {
      const start = await placedOrders.now()
      const read = createPlacedReader(shared.placedSince, start)
      return follow(wakeUps, [placedTopic], read, (order, sinceMs) =>
        causedBy(order, { topic: placedTopic, name: order.orderId }, sinceMs),
      )
    },
    /** The stock of products, given by their UUIDs, now and after each change. */
    stock: (productIds: readonly string[]) => {
      const ids = [...new Set(productIds.map(id => id.toLowerCase()))]
      return follow(
        wakeUps,
        ids.map(id => topicOf('product', id)),
        createStockReader(shared.stockNewerThan, ids),
        (stock, sinceMs) =>
          causedBy(stock, { topic: topicOf('product', stock.productId), name: stock.version }, sinceMs),
      )
    },
  }
}
