import { dayMs, type History, idOf, type PastOrder, pathOf } from '../history.ts'
import {
  changedAt,
  currency,
  deleted,
  each,
  eventId,
  firstOrderNumber,
  inboxOf,
  iso,
  isTaken,
  kept,
  outboxOf,
  shipping,
  type Table,
  throttled,
  totalOf,
  unitPriceMinor,
} from './table.ts'

export const ordersTables = (history: History): readonly Table[] => {
  const { customerId, endMs } = history
  return [
    {
      table: 'orders',
      columns: [
        'id',
        'number',
        'customer_id',
        'status',
        'currency',
        'total_minor',
        'shipping',
        'version',
        'refusal',
        'step',
        'step_due_at',
        'placed_at',
        'fence',
        'stock_state',
        'payment_state',
        'payment_method',
        'payment_id',
        'refunded_minor',
        'tracking',
      ],
      rows: history.orders().map(order => {
        const isOpen = order.status === 'PENDING'
        const isRefunded = order.status === 'REFUNDED'
        const [stock, payment] = statesOf(order)
        return [
          ...[
            order.id,
            firstOrderNumber + order.number,
            customerId(order.customer),
            order.status,
            currency,
            totalOf(order),
            shipping,
          ],
          ...[
            pathOf(order).length,
            order.status === 'REJECTED' ? { kind: 'PaymentDeclined', reason: 'card_declined' } : null,
          ],
          ...[
            isOpen ? 'RESERVE_STOCK' : null,
            isOpen ? iso(endMs + dayMs) : null,
            iso(order.atMs),
            pathOf(order).length,
          ],
          ...[
            stock,
            payment,
            'pm_card_visa',
            isTaken(order) ? `pi_${order.number}` : null,
            isRefunded ? totalOf(order) : 0,
          ],
          order.status === 'SHIPPED' || order.status === 'DELIVERED'
            ? { carrier: null, trackingNumber: '1' }
            : null,
        ]
      }),
    },
    {
      table: 'order_items',
      columns: ['order_id', 'position', 'product_id', 'product_name', 'sku', 'unit_price_minor', 'quantity'],
      rows: each(history.orders(), ({ id, lines }) =>
        lines.map(({ productId, quantity }, position) => [
          id,
          position,
          productId,
          'A product',
          'SKU',
          unitPriceMinor,
          quantity,
        ]),
      ),
    },
    {
      table: 'order_changes',
      columns: ['order_id', 'version', 'status', 'at', 'actor_kind'],
      rows: each(history.orders(), order =>
        pathOf(order).map((status, index) => [
          order.id,
          index + 1,
          status,
          changedAt(order, index + 1, history),
          'SYSTEM',
        ]),
      ),
    },
    {
      table: 'refunds',
      columns: ['id', 'order_id', 'amount_minor', 'state', 'actor_kind', 'requested_at'],
      rows: history
        .orders()
        .filter(({ status }) => status === 'REFUNDED')
        .map(order => [
          idOf('refund', order.number, order.atMs),
          order.id,
          totalOf(order),
          'SUCCEEDED',
          'SYSTEM',
          iso(order.atMs),
        ]),
    },
    {
      table: 'refund_lines',
      columns: ['refund_id', 'product_id', 'quantity'],
      rows: each(
        history.orders().filter(({ status }) => status === 'REFUNDED'),
        ({ number, atMs, lines }) =>
          lines.map(({ productId, quantity }) => [idOf('refund', number, atMs), productId, quantity]),
      ),
    },
    {
      table: 'disputes',
      columns: ['id', 'order_id', 'status', 'amount_minor', 'reason', 'opened_at'],
      rows: history
        .orders()
        .filter(({ status }) => status === 'REFUNDED')
        .map(({ id, number, atMs }) => [`du_${number}`, id, 'LOST', 1, 'fraudulent', iso(atMs)]),
    },
    throttled(history),
    {
      table: 'idempotency_keys',
      columns: ['user_id', 'key', 'operation', 'input_hash', 'order_id', 'created_at'],
      rows: history
        .orders(kept.messages)
        .map(order => [
          customerId(order.customer),
          `key ${order.number}`,
          'placeOrder',
          'hash',
          order.id,
          iso(order.atMs),
        ]),
    },
    {
      table: 'deleted_customers',
      columns: ['customer_id', 'deleted_at', 'forgotten_at'],
      rows: deleted(history).map(({ id, at }) => [id, at, at]),
    },
    inboxOf('orders.on-user-deleted', history),
    {
      table: 'webhook_events',
      columns: ['id', 'type', 'topic', 'payment_id', 'order_id', 'created_at', 'received_at', 'handled_at'],
      rows: history
        .orders(kept.messages)
        .map(order => [
          `evt_${order.number}`,
          'payment_intent.succeeded',
          'PAYMENT',
          `pi_${order.number}`,
          order.id,
          ...[iso(order.atMs), iso(order.atMs), iso(order.atMs)],
        ]),
    },
    outboxOf('orders', history, order =>
      pathOf(order).map((status, index) => ({
        id: eventId(order, index + 1),
        type: index === 0 ? 'order.placed' : `order.${status.toLowerCase()}`,
        subject: order.id,
        version: index + 1,
      })),
    ),
  ]
}

const statesOf = ({ status }: PastOrder): readonly [stock: string, payment: string] => {
  switch (status) {
    case 'PENDING':
      return ['ASKED', 'NOT_ASKED']
    case 'REJECTED':
      return ['RETURNED', 'DECLINED']
    case 'CANCELLED':
    case 'REFUNDED':
      return ['RETURNED', 'REFUNDED']
    default:
      return ['COMMITTED', 'CAPTURED']
  }
}
