import type { Value } from '../copy.ts'
import { dayMs, type History, idOf, type PastOrder } from '../history.ts'
import { each, eventId, iso, numbers, outboxOf, type Table } from './table.ts'

export const productsTables = (history: History): readonly Table[] => {
  const { endMs, beganMs, productIds } = history
  const movement = (
    number: number,
    productId: string,
    onHand: number,
    reserved: number,
    reason: string,
    order: PastOrder | null,
  ): readonly Value[] => {
    const atMs = order?.atMs ?? beganMs
    return [
      idOf('movement', number, atMs),
      productId,
      onHand,
      reserved,
      reason,
      order?.id ?? null,
      'orders',
      iso(atMs),
    ]
  }
  return [
    {
      table: 'reservations',
      columns: ['order_id', 'state', 'created_at', 'changed_at', 'expires_at'],
      rows: history.orders().map(order => {
        const at = iso(order.atMs)
        if (order.status === 'PENDING') return [order.id, 'RESERVED', at, at, iso(endMs + dayMs)]
        return [order.id, order.status === 'REJECTED' ? 'RELEASED' : 'COMMITTED', at, at, null]
      }),
    },
    {
      table: 'reservation_lines',
      columns: ['order_id', 'product_id', 'quantity'],
      rows: each(history.orders(), ({ id, lines }) =>
        lines.map(({ productId, quantity }) => [id, productId, quantity]),
      ),
    },
    {
      table: 'stock_movements',
      columns: ['id', 'product_id', 'on_hand_delta', 'reserved_delta', 'reason', 'order_id', 'actor', 'at'],
      rows: each(history.orders(), order =>
        order.lines.flatMap(({ productId, quantity }, line) => {
          const number = order.number * 4 + line * 2
          return [
            movement(number, productId, 0, quantity, 'Reserved', order),
            ...(order.status === 'PENDING'
              ? []
              : [movement(number + 1, productId, -quantity, -quantity, 'Committed', order)]),
          ]
        }),
      ),
    },
    {
      table: 'stock_movements',
      columns: ['id', 'product_id', 'on_hand_delta', 'reserved_delta', 'reason', 'order_id', 'actor', 'at'],
      rows: numbers(productIds.length).map(number =>
        movement(4 * history.orderCount + number, productIds[number] ?? '', 1, 0, 'Initial stock', null),
      ),
    },
    outboxOf('products', history, order =>
      order.lines.map(({ productId }, line) => ({
        id: eventId(order, 4 + line),
        type: 'product.stock-changed',
        subject: productId,
        version: order.number,
      })),
    ),
  ]
}
