import { Client } from 'pg'
import type { DataSource } from 'typeorm'
import type { Plan } from '../../testbed/system/plan.ts'
import { fillCatalogue } from '../search/catalogue.ts'
import { copyRows, type Value } from './copy.ts'
import { createHistory, dayMs, type History, idOf, type PastOrder, pathOf, type Sizes } from './history.ts'

export type Urls = Plan['databaseUrls']

const unitPriceMinor = 1_900
const unitsOfAProduct = 100_000_000
/** How many products are sold out in the smallest shop, too. */
const soldOut = 50
/** How long what is pruned is kept, in days. */
const kept = { messages: 7, orderUpdates: 30, notifications: 90 }

/** Fills migrated databases with a year of a shop as it is after pruning, and gives what there is; the same sizes give the same shop. */
export const fillDatabases = async (
  {
    urls,
    superuserUrl,
    catalogue,
  }: { readonly urls: Urls; readonly superuserUrl: string; readonly catalogue: DataSource },
  sizes: Sizes,
): Promise<History> => {
  await fillCatalogue(catalogue, 'scale', sizes.products)
  const productIds = await readIds(catalogue)
  await catalogue.query('update products set on_hand = $2 where id = $1', [productIds[0], unitsOfAProduct])
  await catalogue.query('update products set on_hand = 0 where id = any ($1)', [
    productIds.slice(1, 1 + soldOut),
  ])
  const history = createHistory(sizes, productIds, Date.now())
  for (const service of ['users', 'products', 'orders', 'notifications', 'analytics'] as const) {
    const session = new Client({ connectionString: sessionUrl(superuserUrl, urls[service]) })
    await session.connect()
    try {
      // n.b. rows are copied without their triggers and foreign keys
      await session.query('set session_replication_role = replica')
      for (const { table, columns, rows } of tablesOf[service](history))
        await copyRows(session, table, columns, rows)
      if (service === 'orders')
        await session.query(`select setval('order_numbers', $1)`, [firstOrderNumber + sizes.orders])
      await session.query('vacuum analyze')
    } finally {
      await session.end()
    }
  }
  return history
}

/** A superuser's URL of a service's database. */
export const sessionUrl = (superuserUrl: string, url: string): string => {
  const session = new URL(superuserUrl)
  session.pathname = new URL(url).pathname
  return session.href
}

const readIds = async (catalogue: DataSource): Promise<readonly string[]> => {
  const rows: readonly { readonly id: string }[] = await catalogue.query(
    'select id from products order by created_at, id',
  )
  return rows.map(({ id }) => id)
}

type Table = {
  readonly table: string
  readonly columns: readonly string[]
  readonly rows: Iterable<readonly Value[]>
}

const firstOrderNumber = 100_001
const currency = 'EUR'
const shipping = {
  name: 'Ada',
  line1: '1 Road',
  line2: null,
  city: 'London',
  postalCode: 'N1',
  country: 'GB',
}

const iso = (ms: number): string => new Date(ms).toISOString()
const totalOf = ({ lines }: PastOrder): number =>
  lines.reduce((sum, { quantity }) => sum + quantity * unitPriceMinor, 0)
/** n.b. a change each hour, but none in the future */
const changedAt = ({ atMs }: PastOrder, version: number, { endMs }: History): string =>
  iso(Math.min(atMs + (version - 1) * 3_600_000, endMs))
const eventId = (order: PastOrder, version: number): string =>
  idOf('event', order.number * 8 + version, order.atMs)
const isTaken = ({ status }: PastOrder): boolean => status !== 'PENDING' && status !== 'REJECTED'

function* each<T>(
  items: Iterable<T>,
  rowsOf: (item: T) => readonly (readonly Value[])[],
): Generator<readonly Value[]> {
  for (const item of items) yield* rowsOf(item)
}
function* numbers(count: number): Generator<number> {
  for (let number = 0; number < count; number += 1) yield number
}

const usersTables = (history: History): readonly Table[] => {
  const { customers, customerId, beganMs, endMs } = history
  const each = (rowOf: (customer: number) => readonly Value[]) => numbers(customers).map(rowOf)
  const sessionId = (customer: number) => idOf('session', customer, endMs - dayMs)
  return [
    {
      table: 'users',
      columns: ['id', 'email', 'name', 'role', 'created_at', 'version'],
      rows: each(customer => [
        customerId(customer),
        `customer-${customer}@example.com`,
        `Customer ${customer}`,
        'CUSTOMER',
        iso(beganMs),
        1,
      ]),
    },
    {
      table: 'credentials',
      columns: ['user_id', 'password_hash'],
      rows: each(customer => [customerId(customer), '$argon2id$v=19$m=19456,t=2,p=1$AAAA$AAAA']),
    },
    {
      table: 'addresses',
      columns: ['id', 'user_id', 'name', 'line1', 'city', 'postal_code', 'country'],
      rows: each(customer => [
        idOf('email', customer, beganMs),
        customerId(customer),
        'Ada',
        '1 Road',
        'London',
        'N1',
        'GB',
      ]),
    },
    {
      table: 'sessions',
      columns: ['id', 'user_id', 'created_at', 'last_used_at'],
      rows: each(customer => [sessionId(customer), customerId(customer), iso(endMs - dayMs), iso(endMs)]),
    },
    {
      table: 'refresh_tokens',
      columns: ['hash', 'session_id', 'issued_at', 'expires_at'],
      rows: each(customer => [
        String(customer).padStart(43, '0'),
        sessionId(customer),
        iso(endMs - dayMs),
        iso(endMs + 20 * dayMs),
      ]),
    },
    {
      table: 'familiar_networks',
      columns: ['key', 'last_used_at'],
      rows: each(customer => [String(customer).padStart(43, '0'), iso(endMs - dayMs)]),
    },
    {
      table: 'one_time_tokens',
      columns: ['hash', 'user_id', 'purpose', 'expires_at'],
      rows: each(customer => [
        String(customer).padStart(43, '0'),
        customerId(customer),
        'password-reset',
        iso(endMs + dayMs),
      ]),
    },
    {
      table: 'email_change_undos',
      columns: ['hash', 'user_id', 'email', 'expires_at'],
      rows: each(customer => [
        String(customer).padStart(43, '0'),
        customerId(customer),
        `earlier-${customer}@customers.example`,
        iso(endMs + dayMs),
      ]),
    },
    {
      table: 'totp_secrets',
      columns: ['user_id', 'sealed_secret'],
      rows: each(customer => [customerId(customer), 'v1.AAAA']),
    },
    {
      table: 'recovery_codes',
      columns: ['user_id', 'hash'],
      rows: each(customer => [customerId(customer), String(customer).padStart(43, '0')]),
    },
    {
      table: 'login_challenges',
      columns: ['hash', 'user_id', 'expires_at'],
      rows: each(customer => [String(customer).padStart(43, '0'), customerId(customer), iso(endMs + dayMs)]),
    },
    {
      table: 'account_deletions',
      columns: [
        ...['user_id', 'requested_at', 'due_at', 'carried_out_at'],
        ...['orders_forgot_at', 'notifications_forgot_at'],
      ],
      rows: deleted(history).map(({ id, at }) => [id, at, at, at, at, at]),
    },
    inboxOf('users.on-staff-acted', history),
    throttled(history),
    outboxOf('users', history, order => [
      { id: eventId(order, 1), type: 'session.ended', subject: customerId(order.customer), version: 1 },
    ]),
  ]
}

/** Accounts that were deleted a year ago, as many as there are customers. */
const deleted = ({ customers, endMs }: History) => {
  const at = iso(endMs - 365 * dayMs)
  return numbers(customers).map(number => ({ id: idOf('user', customers + number, endMs - 400 * dayMs), at }))
}

/** What an inbox remembers of a queue. */
const inboxOf = (queue: string, history: History): Table => ({
  table: 'inbox',
  columns: ['message_id', 'queue', 'handled_at'],
  rows: each(history.orders(kept.messages), order => [[eventId(order, 7), queue, iso(order.atMs)]]),
})

/** What throttles remember of the last hour. */
const throttled = ({ customers, endMs }: History): Table => ({
  table: 'throttle_counts',
  columns: ['key', 'forgotten_at', 'burst', 'first_wait', 'forgets_one_every'],
  rows: numbers(customers).map(customer => [
    `key ${customer}`,
    iso(endMs + dayMs),
    100,
    '1 second',
    '1 second',
  ]),
})

const ordersTables = (history: History): readonly Table[] => {
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

const productsTables = (history: History): readonly Table[] => {
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

type PastEvent = {
  readonly id: string
  readonly type: string
  readonly subject: string
  readonly version: number
}

const outboxOf = (
  source: string,
  history: History,
  eventsOf: (order: PastOrder) => readonly PastEvent[],
): Table => ({
  table: 'outbox',
  columns: ['message_id', 'aggregate_id', 'envelope', 'created_at', 'published_at', 'attempts'],
  rows: each(history.orders(kept.messages), order =>
    eventsOf(order).map(event => [
      ...[event.id, event.subject, envelopeOf(source, event, order)],
      ...[iso(order.atMs), iso(order.atMs), 1],
    ]),
  ),
})

/** An event as it lies in an outbox. */
export const envelopeOf = (
  source: string,
  { id, type, subject, version }: PastEvent,
  { atMs }: PastOrder,
) => ({
  ...{
    specversion: '1.0',
    id,
    source,
    type,
    subject,
    time: iso(atMs),
    datacontenttype: 'application/json',
    version,
  },
  data: { orderId: subject, filling: 'x'.repeat(300) },
})

const notificationsTables = (history: History): readonly Table[] => {
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

const productsSoldOnADay = 2_000

const analyticsTables = (history: History): readonly Table[] => {
  const { endMs, productIds, orderCount } = history
  const soldOnADay = Math.min(productIds.length, Math.ceil(orderCount / 365), productsSoldOnADay)
  return [
    {
      table: 'order_facts',
      columns: ['order_id', 'version', 'fact'],
      rows: history
        .orders()
        .filter(isTaken)
        .map(order => [
          order.id,
          2,
          {
            ...{ kind: 'confirmed', version: 2, day: iso(order.atMs).slice(0, 10), currency },
            lines: order.lines.map(line => ({ ...line, unitPriceMinor })),
          },
        ]),
    },
    {
      table: 'daily_sales',
      columns: [
        'day',
        'product_id',
        'currency',
        'units_sold',
        'units_returned',
        'sold_minor',
        'returned_minor',
      ],
      rows: each(numbers(366), day =>
        [...numbers(soldOnADay)].map(place => [
          iso(endMs - day * dayMs).slice(0, 10),
          productIds[(day * 97 + place) % productIds.length] ?? '',
          ...[currency, 3, 1, 3 * unitPriceMinor, unitPriceMinor],
        ]),
      ),
    },
    {
      table: 'daily_totals',
      columns: ['day', 'currency', 'units_sold', 'units_returned', 'sold_minor', 'returned_minor'],
      rows: numbers(366).map(day => [
        iso(endMs - day * dayMs).slice(0, 10),
        currency,
        ...[3, 1, 3 * unitPriceMinor, unitPriceMinor].map(value => value * soldOnADay),
      ]),
    },
    {
      table: 'product_sales',
      columns: ['product_id', 'units_sold'],
      rows: numbers(productIds.length).map(number => [productIds[number] ?? '', 1 + (number % 1_000)]),
    },
    {
      table: 'products',
      columns: ['product_id', 'name', 'sku', 'is_archived', 'version', 'named_at'],
      rows: numbers(productIds.length).map(number => [
        productIds[number] ?? '',
        'A product',
        'SKU',
        false,
        1,
        iso(endMs),
      ]),
    },
    {
      table: 'inbox',
      columns: ['message_id', 'queue', 'handled_at'],
      rows: each(history.orders(kept.messages), order => [
        [eventId(order, 2), 'analytics.on-order-changed', iso(order.atMs)],
      ]),
    },
  ]
}

const tablesOf = {
  users: usersTables,
  products: productsTables,
  orders: ordersTables,
  notifications: notificationsTables,
  analytics: analyticsTables,
}
