import type { Value } from '../copy.ts'
import { dayMs, type History, idOf, pathOf } from '../history.ts'
import {
  changedAt,
  deleted,
  each,
  eventId,
  iso,
  isTaken,
  kept,
  numbers,
  outboxOf,
  type Table,
  throttled,
} from './table.ts'

export const notificationsTables = (history: History): readonly Table[] => {
  const { customers, customerId, endMs, productIds } = history
  const told = () => history.orders(kept.notifications).filter(isTaken)
  const counts = new Map<number, number>()
  for (const { customer } of told()) counts.set(customer, (counts.get(customer) ?? 0) + 1)
  const seqs = new Map<number, number>()
  const nextSeq = (customer: number): number => {
    const seq = (seqs.get(customer) ?? 0) + 1
    seqs.set(customer, seq)
    return seq
  }
  return [
    {
      table: 'user_counters',
      columns: ['user_id', 'last_seq'],
      rows: numbers(customers).map(customer => [customerId(customer), counts.get(customer) ?? 0]),
    },
    {
      table: 'notifications',
      columns: [
        'id',
        'user_id',
        'seq',
        'event_id',
        'kind',
        'title',
        'body',
        'order_id',
        'read_at',
        'created_at',
        'stored_at',
      ],
      // n.b. few people leave more than a page unread
      rows: told().map(order => {
        const seq = nextSeq(order.customer)
        const isUnread = seq > (counts.get(order.customer) ?? 0) - 30
        return [
          ...[
            idOf('notification', order.number, order.atMs),
            customerId(order.customer),
            seq,
            eventId(order, 2),
          ],
          ...['ORDER_CONFIRMED', 'Your order is confirmed', 'Thank you for your order.', order.id],
          ...[isUnread ? null : iso(order.atMs), iso(order.atMs), iso(order.atMs)],
        ]
      }),
    },
    {
      table: 'emails',
      columns: [
        'id',
        'user_id',
        'event_id',
        'kind',
        'subject',
        'payload',
        'state',
        'attempts',
        'created_at',
        'sent_at',
      ],
      rows: told().map(order => [
        ...[
          idOf('email', order.number, order.atMs),
          customerId(order.customer),
          eventId(order, 2),
          'ORDER_CONFIRMED',
        ],
        ...[
          'Your order',
          { kind: 'ORDER_CONFIRMED', orderId: order.id },
          'SENT',
          1,
          iso(order.atMs),
          iso(order.atMs),
        ],
      ]),
    },
    {
      table: 'order_updates',
      columns: [
        'order_id',
        'version',
        'type',
        'event_id',
        'customer_id',
        'occurred_at',
        'stored_at',
        'follows_pruned',
      ],
      rows: each(history.orders(), order => {
        const isPruned = order.atMs < endMs - kept.orderUpdates * dayMs
        const updates = pathOf(order).map((status, index): readonly Value[] => {
          const [version, at] = [index + 1, changedAt(order, index + 1, history)]
          const type = index === 0 ? 'order.placed' : `order.${status.toLowerCase()}`
          return [
            order.id,
            version,
            type,
            eventId(order, version),
            customerId(order.customer),
            at,
            at,
            isPruned,
          ]
        })
        return isPruned ? updates.slice(-1) : updates
      }),
    },
    {
      table: 'product_stock',
      columns: ['product_id', 'available', 'version', 'occurred_at'],
      rows: productIds.values().map(id => [id, 5, 1, iso(endMs)]),
    },
    {
      table: 'recipients',
      columns: ['user_id', 'email', 'name', 'version'],
      rows: numbers(customers).map(customer => [
        customerId(customer),
        `customer-${customer}@example.com`,
        'Ada',
        1,
      ]),
    },
    {
      table: 'preferences',
      columns: ['user_id', 'channel', 'enabled'],
      rows: numbers(customers).map(customer => [customerId(customer), 'EMAIL', customer % 10 !== 1]),
    },
    {
      table: 'withheld_notifications',
      columns: ['event_id', 'user_id', 'kind', 'order_id', 'created_at'],
      rows: told().map(order => [
        eventId(order, 3),
        customerId(order.customer),
        'ORDER_SHIPPED',
        order.id,
        iso(order.atMs),
      ]),
    },
    {
      table: 'deleted_users',
      columns: ['user_id', 'deleted_at', 'forgotten_at'],
      rows: deleted(history).map(({ id, at }) => [id, at, at]),
    },
    outboxOf('notifications', history, order => [
      { id: eventId(order, 7), type: 'recipient.forgotten', subject: eventId(order, 7), version: 1 },
    ]),
    throttled(history),
    {
      table: 'inbox',
      columns: ['message_id', 'queue', 'handled_at'],
      rows: each(history.orders(kept.messages), order =>
        pathOf(order).map((_, index) => [
          eventId(order, index + 1),
          'notifications.on-order-changed',
          iso(order.atMs),
        ]),
      ),
    },
  ]
}
