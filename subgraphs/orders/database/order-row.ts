import type { DataSource } from 'typeorm'
import type { Order, OrderLine, Refund } from '../domain/order.ts'
import type { Units } from '../domain/refund.ts'
import { type OrderRow, orders } from './tables.ts'

/** A row of `orders` with its fencing number, its lines, its pending refund, and the units that refunds have returned. */
export type StoredRow = OrderRow & {
  readonly fence: number
  readonly lines: readonly OrderLine[]
  readonly pendingRefund: Refund | null
  readonly refunded: readonly Units[]
}

/** The order that a row and its pending refund hold. */
export const toOrder = (row: OrderRow, pendingRefund: Refund | null): Order => {
  const { id, number, customerId, placedAt, version, status, refusal, tracking } = row
  const facts = {
    id,
    number,
    customerId,
    placedAt,
    version,
    tracking,
    pendingRefund,
    total: { amountMinor: row.totalMinor, currency: row.currency },
    stock: row.stockState,
    payment: {
      state: row.paymentState,
      method: row.paymentMethod,
      id: row.paymentId,
      refundedMinor: row.refundedMinor,
    },
  }
  if (status === 'PENDING') return { ...facts, status, refusal }
  if (status !== 'REJECTED') return { ...facts, status, refusal: null }
  if (refusal === null) throw new Error(`The refusal of order ${id} is missing in its row.`)
  return { ...facts, status, refusal }
}

/** What an order puts into its row, its shipping address and its step aside. */
export const toColumns = ({ total, payment, stock, ...order }: Order) =>
  ({
    id: order.id,
    number: order.number,
    customerId: order.customerId,
    status: order.status,
    currency: total.currency,
    totalMinor: total.amountMinor,
    version: order.version,
    refusal: order.refusal,
    stockState: stock,
    paymentState: payment.state,
    paymentMethod: payment.method,
    paymentId: payment.id,
    refundedMinor: payment.refundedMinor,
    tracking: order.tracking,
    placedAt: order.placedAt,
  }) satisfies Omit<OrderRow, 'shipping' | 'step'>

/** The SQL columns of a StoredRow of the table, or the expression, that is named `orders`. */
export const readColumns = (dataSource: DataSource): string => {
  const columns = dataSource
    .getMetadata(orders)
    .columns.map(({ databaseName, propertyName }) => `orders.${databaseName} as "${propertyName}"`)
  return [...columns, 'orders.fence', details].join(', ')
}

const details = `
  (select jsonb_agg(jsonb_build_object(
      'productId', product_id, 'productName', product_name, 'sku', sku,
      'unitPriceMinor', unit_price_minor, 'quantity', quantity) order by position)
    from order_items where order_id = orders.id) as lines,
  (select jsonb_build_object(
      'id', id, 'amountMinor', amount_minor, 'reason', reason,
      'actor', jsonb_build_object('kind', actor_kind, 'userId', actor_id),
      'lines', (
        select coalesce(jsonb_agg(jsonb_build_object('productId', product_id, 'quantity', quantity)), '[]')
        from refund_lines where refund_id = refunds.id))
    from refunds where order_id = orders.id and state = 'PENDING') as "pendingRefund",
  (select coalesce(jsonb_agg(jsonb_build_object('productId', product_id, 'quantity', quantity)), '[]')
    from refund_lines join refunds on refunds.id = refund_id
    where order_id = orders.id and state = 'SUCCEEDED') as refunded`
