import type { OrderRow } from '../database/tables.ts'
import type { Services } from './services.ts'

/** Creates the command that lets a sweeper take an order's next step within a second. */
export const createRetryOrder =
  ({ store, reads }: Services) =>
  async ({ orderId }: { readonly orderId: string }): Promise<OrderRow> => {
    await store.hasten(orderId)
    return reads.order(orderId)
  }
