import { outboxEvents, outboxInsert } from '@supergraph/messaging/outbox/outbox.ts'
import { uuidv7 } from '@supergraph/runtime/uuid.ts'
import { OrderConfirmed, OrderPlaced } from '@supergraph/schema/events/orders.ts'
import { ProductStockChanged } from '@supergraph/schema/events/products.ts'
import type { RecordedCheckout } from './recording.ts'
import { type Basket, paymentMethod, priceMinor, shippingAddress } from './shop.ts'

/**
 * The fewest statements that leave in the databases what a checkout leaves there, written by hand: one for each database,
 * as if everything were known beforehand and nothing could fail between. Throttles are left out, because a crash forgets
 * what they count.
 */
export const fewestStatements = (basket: Basket): RecordedCheckout => {
  const checkout = {
    basket,
    orderId: uuidv7(),
    customerId: uuidv7(),
    paymentId: `pi_${uuidv7()}`,
    totalMinor: priceMinor * basket.length,
    at: new Date(),
  }
  return [orderStatement(checkout), stockStatement(checkout), paymentStatement(checkout)].map(
    ({ database, ...statement }) => ({ database, statements: [statement] }),
  )
}

type Checkout = {
  readonly basket: Basket
  readonly orderId: string
  readonly customerId: string
  readonly paymentId: string
  readonly totalMinor: number
  readonly at: Date
}

const orderStatement = ({ basket, orderId, customerId, paymentId, totalMinor, at }: Checkout) => {
  const total = { amountMinor: totalMinor, currency: 'EUR' }
  const order = { orderId, number: '100001', customerId, total }
  const lines = basket.map(productId => ({ productId, quantity: 1 }))
  const sold = lines.map(line => ({
    ...line,
    productName: 'BENCH',
    sku: 'BENCH',
    unitPriceMinor: priceMinor,
  }))
  const about = { subject: orderId, occurredAt: at }
  const events = [
    OrderPlaced.create({ ...about, id: uuidv7(), version: 1, data: { ...order, items: lines } }),
    OrderConfirmed.create({ ...about, id: uuidv7(), version: 2, data: { ...order, items: sold } }),
  ]
  return {
    database: 'orders',
    text: `
      with placed as (
        insert into orders (id, number, customer_id, status, currency, total_minor, shipping, version, stock_state,
          payment_state, payment_method, payment_id, refunded_minor, fence, placed_at)
        values ($1, nextval('order_numbers'), $2, 'CONFIRMED', 'EUR', $3, $4, 2, 'COMMITTED',
          'CAPTURED', $5, $6, 0, 1, now())
        returning id
      ), keyed as (
        insert into idempotency_keys (user_id, key, operation, input_hash, order_id)
        values ($2, $7, 'placeOrder', $8, $1)
      ), lines as (
        insert into order_items (order_id, position, product_id, product_name, sku, unit_price_minor, quantity)
        select id, position - 1, product_id, 'BENCH', 'BENCH', $9, 1
        from placed cross join unnest($10::uuid[]) with ordinality as line (product_id, position)
      ), changes as (
        insert into order_changes (order_id, version, status, at, actor_kind, actor_id)
        select id, 1, 'PENDING', now(), 'CUSTOMER', $2 from placed
        union all
        select id, 2, 'CONFIRMED', now(), 'SYSTEM', null from placed
      ), published as (
        ${outboxInsert('(select $11 from placed)')}
      )
      select`,
    values: [
      ...[orderId, customerId, totalMinor, JSON.stringify(shippingAddress), paymentMethod, paymentId],
      ...[crypto.randomUUID(), 'the hash of the input, of 43 characters.....', priceMinor, basket],
      outboxEvents(events),
    ],
  }
}

const stockStatement = ({ basket, orderId, at }: Checkout) => {
  const events = basket.map(productId =>
    ProductStockChanged.create({
      ...{ id: uuidv7(), subject: productId, version: 1, occurredAt: at },
      data: { productId, sku: 'BENCH', available: 1 },
    }),
  )
  return {
    database: 'products',
    text: `
      with kept as (
        insert into reservations (order_id, state, created_at, changed_at) values ($1, 'COMMITTED', now(), now())
        returning order_id
      ), lines as (
        insert into reservation_lines (order_id, product_id, quantity)
        select order_id, product_id, 1 from kept cross join unnest($2::uuid[]) as line (product_id)
      ), locked as (
        select id from products where id = any($2) order by id for no key update
      ), taken as (
        update products set on_hand = on_hand - 1, version = version + 1, updated_at = now()
        from locked where products.id = locked.id
        returning products.id
      ), moved as (
        insert into stock_movements (id, product_id, on_hand_delta, reserved_delta, reason, order_id, actor, at)
        select uuidv7(), id, on_hand_delta, reserved_delta, reason, $1, 'orders', now()
        from taken cross join (values (0, 1, 'Reserved'), (-1, -1, 'Committed'))
          as moves (on_hand_delta, reserved_delta, reason)
      ), published as (
        ${outboxInsert('(select $3::jsonb where exists (select from taken))')}
      )
      select`,
    values: [orderId, basket, outboxEvents(events)],
  }
}

const paymentStatement = ({ orderId, paymentId, totalMinor }: Checkout) => ({
  database: 'payment_simulator',
  text: `
    with paid as (
      insert into payment_intents (id, client_secret, amount, amount_received, currency, status, payment_method,
        metadata, created_at)
      values ($1, $1 || '_secret_of_32_characters................', $2, $2, 'eur', 'succeeded', $3, $4, now())
    ), told as (
      insert into events (id, type, body)
      values ($9, 'payment_intent.amount_capturable_updated', $8), ($10, 'payment_intent.succeeded', $8)
    )
    insert into idempotency_keys (key, request_hash, status, body) values ($5, $6, 200, $8), ($7, $6, 200, $8)`,
  values: [
    ...[paymentId, totalMinor, paymentMethod, JSON.stringify({ order_id: orderId })],
    ...[`order:${orderId}:authorize`, 'the hash of a request, of 43 characters....', crypto.randomUUID()],
    JSON.stringify({ id: paymentId, object: 'payment_intent', status: 'succeeded' }).padEnd(responseLength),
    ...[`evt_${uuidv7()}`, `evt_${uuidv7()}`],
  ],
})

/** The characters of a response of the payment simulator. */
const responseLength = 1_000
