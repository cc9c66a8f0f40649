import { rows } from '@supergraph/postgres/statements.ts'
import { Any, type DataSource, LessThan } from 'typeorm'
import { z } from 'zod'
import { steps } from '../domain/next-step.ts'
import type { OrderStatus } from '../domain/order.ts'
import { readOrdersOwingRefunds } from './owed-refunds.ts'
import {
  type DisputeRow,
  disputeTable,
  type OrderChangeRow,
  type OrderItemRow,
  type OrderRow,
  orderChangeTable,
  orderItemRow,
  orderRow,
  orderTable,
  type RefundRow,
  refundTable,
  selectedOrderColumns,
} from './tables.ts'

/** A page of orders, newest first; `afterId` is the last order of the page before. */
export type OrderPage = {
  readonly first: number
  readonly afterId: string | null
  readonly status: OrderStatus | null
}

const nextStepRow = z.object({
  orderId: z.string(),
  step: z.enum(steps),
  failedAttempts: z.int(),
  dueAt: z.date(),
  fence: z.int(),
})
/** What an order needs next, how often that has failed, and when it is tried again. */
export type NextStep = Readonly<z.output<typeof nextStepRow>>

/** The reads of orders; a list is read for many owners in one statement. */
export type OrderReads = ReturnType<typeof createOrderReads>

export const createOrderReads = (database: DataSource) => {
  const { manager } = database
  const byIds = (ids: readonly string[]): Promise<readonly OrderRow[]> =>
    manager.findBy(orderTable, { id: Any(ids) })

  return {
    byIds,

    /** An order that must exist. */
    order: async (id: string): Promise<OrderRow> => {
      const [order] = await byIds([id])
      if (order === undefined) throw new Error(`Order ${id} is gone.`)
      return order
    },

    /** A refund that must exist. */
    refund: async (id: string): Promise<RefundRow> => {
      const refund = await manager.findOneBy(refundTable, { id })
      if (refund === null) throw new Error(`Refund ${id} is gone.`)
      return refund
    },

    /** The lines of the orders, each order's in the order of its input. */
    items: (orderIds: readonly string[]): Promise<readonly OrderItemRow[]> =>
      rows(
        database,
        orderItemRow,
        `select order_id as "orderId", position, product_id as "productId", product_name as "productName", sku,
           unit_price_minor as "unitPriceMinor", quantity
         from order_items where order_id = any ($1::uuid[]) order by order_id, position`,
        [orderIds],
      ),

    /** The changes of the orders, each order's oldest first. */
    changes: (orderIds: readonly string[]): Promise<readonly OrderChangeRow[]> =>
      manager.find(orderChangeTable, {
        where: { orderId: Any(orderIds) },
        order: { orderId: 'ASC', version: 'ASC' },
      }),

    /** The refunds of the orders, each order's oldest first. */
    refunds: (orderIds: readonly string[]): Promise<readonly RefundRow[]> =>
      manager.find(refundTable, {
        where: { orderId: Any(orderIds) },
        order: { orderId: 'ASC', requestedAt: 'ASC', id: 'ASC' },
      }),

    /** The disputes of the orders, each order's oldest first. */
    disputes: (orderIds: readonly string[]): Promise<readonly DisputeRow[]> =>
      manager.find(disputeTable, {
        where: { orderId: Any(orderIds) },
        order: { orderId: 'ASC', openedAt: 'ASC', id: 'ASC' },
      }),

    /** The next steps of the orders that have one. */
    nextSteps: (orderIds: readonly string[]): Promise<readonly NextStep[]> =>
      rows(
        database,
        nextStepRow,
        `select id as "orderId", step, step_attempts as "failedAttempts", step_due_at as "dueAt", fence
         from orders where id = any ($1::uuid[]) and step is not null`,
        [orderIds],
      ),

    /** `first` orders with a next step, the one that has been due for longest first. */
    underWay: (first: number): Promise<readonly OrderRow[]> =>
      rows(
        database,
        orderRow,
        `select ${selectedOrderColumns} from orders where step is not null order by step_due_at limit $1`,
        [first],
      ),

    /** `first` orders of which a refund has failed of late and from which nothing was returned since, latest first. */
    owingRefunds: (first: number): Promise<readonly OrderRow[]> => readOrdersOwingRefunds(database, first),

    /** `first + 1` orders of one customer or of all. */
    page: (page: OrderPage & { readonly customerId: string | null }): Promise<readonly OrderRow[]> =>
      manager.find(orderTable, {
        where: {
          ...(page.afterId !== null && { id: LessThan(page.afterId) }),
          ...(page.status !== null && { status: page.status }),
          ...(page.customerId !== null && { customerId: page.customerId }),
        },
        order: { id: 'DESC' },
        take: page.first + 1,
      }),

    /**
     * `first + 1` orders of each customer. n.b. conditions that hold with and without a value are checked for each row, if
     * PostgreSQL plans a statement without its values
     */
    pagesOfCustomers: (
      { first, afterId, status }: OrderPage,
      customerIds: readonly string[],
    ): Promise<readonly OrderRow[]> =>
      rows(
        database,
        orderRow,
        `select page.*
         from unnest($1::uuid[]) as customer (id)
         cross join lateral (
           select ${selectedOrderColumns} from orders
           where orders.customer_id = customer.id
             and ${afterId === null ? '$2::uuid is null' : 'orders.id < $2'}
             and ${status === null ? '$3::text is null' : 'orders.status = $3'}
           order by orders.id desc
           limit $4
         ) as page
         order by page.id desc`,
        [customerIds, afterId, status, first + 1],
      ),
  }
}
