import type { Running } from '@supergraph/runtime/lifecycle.ts'
import type { OrderReads } from '../database/order-reads.ts'
import type { DueStep, OrderStore } from '../database/order-store.ts'
import { confirmOrder, type Order, outOfStock, rejectOrder, type Transition } from '../domain/order.ts'
import type { ProductsClient, Reservation } from '../products-client.ts'

/** Performs the steps of the checkout, each safe to repeat and to perform twice at once. */
export type Steps = {
  /** Joins the performance under way where this process has one; throws where the step has to be repeated. */
  readonly perform: (due: DueStep) => Promise<void>
}

/** `stop` waits for the steps under way. */
export const createSteps = (dependencies: {
  readonly store: OrderStore
  readonly reads: OrderReads
  readonly products: ProductsClient
}): Steps & Running => {
  const underWay = new Map<string, Promise<void>>()
  return {
    perform: due => {
      const key = `${due.step} ${due.orderId}`
      const known = underWay.get(key)
      if (known !== undefined) return known
      const performance = perform(dependencies, due).finally(() => underWay.delete(key))
      underWay.set(key, performance)
      return performance
    },
    stop: async () => {
      await Promise.allSettled(underWay.values())
    },
  }
}

const perform = async (
  { store, reads, products }: Parameters<typeof createSteps>[0],
  due: DueStep,
): Promise<void> => {
  const { orderId, step } = due
  switch (step) {
    case 'RESERVE': {
      const reservation = await products.reserveStock(orderId, await reads.items([orderId]))
      await store.change(orderId, order => settle(order, reservation, new Date()))
      return
    }
    case 'RELEASE':
      await products.releaseStock(orderId)
      return store.finishStep(due)
    default:
      return step satisfies never
  }
}

/** What an answer to reserving makes of an order; a late or a second one changes nothing. */
export const settle = (order: Order, reservation: Reservation, now: Date): Transition => {
  if (order.status !== 'PENDING') return { kind: 'unchanged', order }
  switch (reservation.kind) {
    case 'reserved':
      return confirmOrder(order, now)
    case 'short':
      return rejectOrder(order, outOfStock(reservation.shortages), now)
    case 'released':
      // n.b. stock is released only after the order has left PENDING
      throw new Error(
        `Products has released the stock of order ${order.id}, which waits for it: cancel the order.`,
      )
    default:
      return reservation satisfies never
  }
}
