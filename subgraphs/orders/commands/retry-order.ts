import type { StaffCommand } from '../database/staff-acts.ts'
import type { OrderRow } from '../database/tables.ts'
import type { Services } from './services.ts'

/** Creates the command that lets a sweeper take an order's next step within a second. */
export const createRetryOrder =
  ({ store, reads }: Services) =>
  async ({
    orderId,
    staff,
  }: {
    readonly orderId: string
    readonly staff: StaffCommand
  }): Promise<OrderRow> => {
    await store.hasten(orderId, staff)
    return reads.order(orderId)
  }
