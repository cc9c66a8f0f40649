import { type DataSource, In, LessThan } from 'typeorm'
import type { OrderStatus } from '../domain/order.ts'
import { findKey, type KeyClaim, type KnownKey } from './idempotency-keys.ts'
import {
  type OrderChangeRow,
  type OrderItemRow,
  type OrderRow,
  orderChanges,
  orderItems,
  orders,
  type RefundRow,
  refunds,
} from './tables.ts'

/** A page of orders, newest first; `afterId` is the last order of the page before. */
export type OrderPage = {
  readonly first: number
  readonly afterId: string | null
  readonly status: OrderStatus | null
}

/** What can be read of orders; every list is read for many owners in one statement. */
export type OrderReads = ReturnType<typeof createOrderReads>

export const createOrderReads = (dataSource: DataSource) => {
  const { manager } = dataSource
  const columns = dataSource
    .getMetadata(orders)
    .columns.map(({ databaseName, propertyName }) => `orders.${databaseName} as "${propertyName}"`)
    .join(', ')

  return {
    byIds: (ids: readonly string[]): Promise<readonly OrderRow[]> => manager.findBy(orders, { id: In(ids) }),

    /** What the user's earlier request with the key has left; null where there was none. */
    key: (key: Pick<KeyClaim, 'userId' | 'key'>): Promise<KnownKey | null> => findKey(manager, key),

    refund: (id: string): Promise<RefundRow | null> => manager.findOneBy(refunds, { id }),

    /** The lines of the orders, each order's in the order of its input. */
    items: (orderIds: readonly string[]): Promise<readonly OrderItemRow[]> =>
      manager.find(orderItems, {
        where: { orderId: In(orderIds) },
        order: { orderId: 'ASC', position: 'ASC' },
      }),

    /** The changes of the orders, each order's oldest first. */
    changes: (orderIds: readonly string[]): Promise<readonly OrderChangeRow[]> =>
      manager.find(orderChanges, {
        where: { orderId: In(orderIds) },
        order: { orderId: 'ASC', version: 'ASC' },
      }),

    /** The refunds of the orders, each order's oldest first. */
    refunds: (orderIds: readonly string[]): Promise<readonly RefundRow[]> =>
      manager.find(refunds, {
        where: { orderId: In(orderIds) },
        order: { orderId: 'ASC', requestedAt: 'ASC', id: 'ASC' },
      }),

    /** `first + 1` orders of one customer or of all. */
    page: (page: OrderPage & { readonly customerId: string | null }): Promise<readonly OrderRow[]> =>
      manager.find(orders, {
        where: {
          ...(page.afterId !== null && { id: LessThan(page.afterId) }),
          ...(page.status !== null && { status: page.status }),
          ...(page.customerId !== null && { customerId: page.customerId }),
        },
        order: { id: 'DESC' },
        take: page.first + 1,
      }),

    /** `first + 1` orders of each customer. */
    pagesOfCustomers: async (
      { first, afterId, status }: OrderPage,
      customerIds: readonly string[],
    ): Promise<readonly OrderRow[]> => {
      const rows: readonly OrderRow[] = await dataSource.query(
        `select page.*
         from unnest($1::uuid[]) as customer (id)
         cross join lateral (
           select ${columns} from orders
           where orders.customer_id = customer.id
             and ($2::uuid is null or orders.id < $2)
             and ($3::text is null or orders.status = $3)
           order by orders.id desc
           limit $4
         ) as page
         order by page.id desc`,
        [customerIds, afterId, status, first + 1],
      )
      return rows
    },
  }
}
