import { placedTopic, type Topic, topicOf } from '../database/announcements.ts'
import type { NotificationStore } from '../database/notification-store.ts'
import type { OrderUpdateStore, OwnOrder } from '../database/order-update-store.ts'
import type { PlacedOrder, PlacedOrderStore, PlacedPosition } from '../database/placed-order-store.ts'
import type { ProductStock, ProductStockStore } from '../database/product-stock-store.ts'
import type { OrderUpdateRow } from '../database/tables.ts'
import { batchReads } from './batched-reads.ts'
import { follow, type Refuse } from './follow.ts'
import { defaultOrderWaits, OrderReader, type OrderWaits } from './order-reader.ts'
import { tellHeldBack } from './read-span.ts'
import { type NotificationNews, NotificationReader, PlacedReader, StockReader } from './readers.ts'
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
  /** Gives rows their causes, by the topic of each and its name among the rows of the topic. */
  const causedBy =
    <Row>(topicOfRow: (row: Row) => Topic, nameOf: (row: Row) => string | number) =>
    (row: Row, heldBackSinceMs: number | undefined): Row => {
      const cause = causes.of(topicOfRow(row), nameOf(row))
      if (cause === undefined) return row
      const { traceparent, atMs } = cause
      if (heldBackSinceMs !== undefined) tellHeldBack(traceparent, Math.max(atMs, heldBackSinceMs))
      return { ...row, traceparent }
    }
  // n.b. once for all subscriptions: a closure that each keeps takes 100 bytes
  const withCause = {
    order: causedBy<OrderUpdateRow>(
      ({ orderId }) => topicOf('order', orderId),
      ({ version }) => version,
    ),
    notification: causedBy<NotificationNews>(
      ({ userId }) => topicOf('user', userId),
      ({ seq }) => seq,
    ),
    placed: causedBy<PlacedOrder>(
      () => placedTopic,
      ({ orderId }) => orderId,
    ),
    stock: causedBy<ProductStock>(
      ({ productId }) => topicOf('product', productId),
      ({ version }) => version,
    ),
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
        new OrderReader(shared.orderUpdates, { orderId, customerId }, afterVersion, waits),
        withCause.order,
      ),
    /** The user's notifications after this number, or those that come after the call; refused if the next one is gone. */
    notifications: async (userId: string, after?: number) => {
      const lastSeq = await notifications.lastSeq(userId)
      const from = { userId, after: after ?? lastSeq, lastSeq }
      return follow(
        wakeUps,
        new NotificationReader(shared.notificationsSince, from, refuse),
        withCause.notification,
      )
    },
    /** The orders that are placed after the call. */
    placed: async () => {
      const start = await placedOrders.now()
      return follow(wakeUps, new PlacedReader(shared.placedSince, start), withCause.placed)
    },
    /** The stock of products, given by their UUIDs, now and after each change. */
    stock: (productIds: readonly string[]) => {
      const ids = [...new Set(productIds.map(id => id.toLowerCase()))]
      return follow(wakeUps, new StockReader(shared.stockNewerThan, ids), withCause.stock)
    },
  }
}
