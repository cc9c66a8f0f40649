import type { NotificationStore } from '../database/notification-store.ts'
import type { OrderUpdateStore } from '../database/order-update-store.ts'
import type { ProductStockStore } from '../database/product-stock-store.ts'
import type { NotificationRow, OrderUpdateRow, ProductStockRow } from '../database/tables.ts'
import { follow } from './follow.ts'
import { createNotificationReader, createOrderReader, createStockReader } from './readers.ts'
import { topicOf, type WakeUps } from './wake-ups.ts'

/** The streams behind the subscriptions; each listens until its `return` is called. */
export type LiveUpdates = {
  /** An order's latest change and each further one, for its customer; NOT_FOUND where it stays unknown. */
  readonly order: (orderId: string, customerId: string) => AsyncIterableIterator<OrderUpdateRow>
  /** The user's notifications that come after the call. */
  readonly notifications: (userId: string) => Promise<AsyncIterableIterator<NotificationRow>>
  /** The stock of products, given by their UUIDs, now and after each change. */
  readonly stock: (productIds: readonly string[]) => AsyncIterableIterator<ProductStockRow>
}

export const createLiveUpdates = ({
  wakeUps,
  orderUpdates,
  notifications,
  productStock,
  unknownOrderWaitMs,
}: {
  readonly wakeUps: WakeUps
  readonly orderUpdates: OrderUpdateStore
  readonly notifications: NotificationStore
  readonly productStock: ProductStockStore
  readonly unknownOrderWaitMs: number
}): LiveUpdates => ({
  order: (orderId, customerId) =>
    follow(
      wakeUps,
      [topicOf('order', orderId)],
      createOrderReader(orderUpdates, { orderId, customerId }, unknownOrderWaitMs),
    ),
  notifications: async userId => {
    const after = await notifications.lastSeq(userId)
    return follow(wakeUps, [topicOf('user', userId)], createNotificationReader(notifications, userId, after))
  },
  stock: productIds => {
    const ids = [...new Set(productIds.map(id => id.toLowerCase()))]
    return follow(
      wakeUps,
      ids.map(id => topicOf('product', id)),
      createStockReader(productStock, ids),
    )
  },
})
