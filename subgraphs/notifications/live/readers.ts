import { notFound } from '@supergraph/runtime/errors.ts'
import type { NotificationStore } from '../database/notification-store.ts'
import type { OrderUpdateStore } from '../database/order-update-store.ts'
import type { ProductStockStore } from '../database/product-stock-store.ts'
import type { NotificationRow, OrderUpdateRow, ProductStockRow } from '../database/tables.ts'
import { withoutGap } from '../domain/version-order.ts'
import type { Found } from './follow.ts'

/** How long an order may stay unknown: one placed just now is a few ms ahead of its event. */
export const defaultUnknownOrderWaitMs = 5_000

/** How long later changes of an order wait for an earlier one: what another replica handles, or what is retried, may be overtaken. */
const missingVersionWaitMs = 2_000

/**
 * Reads the latest change of a customer's order, or the first one of an order that is still to come; then each further
 * one in order of version. Throws NOT_FOUND where the order stays unknown for `unknownOrderWaitMs`; someone else's
 * order is never known.
 */
export const createOrderReader = (
  store: OrderUpdateStore,
  order: { readonly orderId: string; readonly customerId: string },
  unknownOrderWaitMs: number,
): (() => Promise<Found<OrderUpdateRow>>) => {
  const unknownUntilMs = performance.now() + unknownOrderWaitMs
  let last: number | undefined
  let missingUntilMs: number | undefined

  const readFirst = async (): Promise<Found<OrderUpdateRow>> => {
    const latest = await store.latest(order)
    last = latest?.version ?? 0
    return latest === undefined ? readNewer(last) : { values: [latest] }
  }

  const readNewer = async (after: number): Promise<Found<OrderUpdateRow>> => {
    const newer = await store.since(order, after)
    const [first] = newer
    if (first === undefined)
      return { values: [], lookAgainInMs: after === 0 ? leftToBecomeKnown() : undefined }
    if (first.version > after + 1) {
      missingUntilMs ??= performance.now() + missingVersionWaitMs
      const leftMs = missingUntilMs - performance.now()
      if (leftMs > 0) return { values: [], lookAgainInMs: leftMs }
    }
    missingUntilMs = undefined
    const values = withoutGap(newer, first.version - 1)
    last = values.at(-1)?.version ?? after
    return { values }
  }

  const leftToBecomeKnown = (): number => {
    const leftMs = unknownUntilMs - performance.now()
    if (leftMs <= 0) throw notFound('There is no order with this id, or it is not yours.')
    return leftMs
  }

  return () => (last === undefined ? readFirst() : readNewer(last))
}

/** Reads a user's notifications after the number `after`, in order. */
export const createNotificationReader = (
  store: NotificationStore,
  userId: string,
  after: number,
): (() => Promise<Found<NotificationRow>>) => {
  let last = after
  return async () => {
    const values = await store.since(userId, last)
    last = values.at(-1)?.seq ?? last
    return { values }
  }
}

/** Reads the stock of these products, then again of each that changed; only the newest state of each. */
export const createStockReader = (
  store: ProductStockStore,
  productIds: readonly string[],
): (() => Promise<Found<ProductStockRow>>) => {
  const seen = new Map(productIds.map(id => [id, -1]))
  return async () => {
    const values = await store.newerThan(seen)
    for (const { productId, version } of values) seen.set(productId, version)
    return { values }
  }
}
