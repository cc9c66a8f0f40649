import { toMinor } from '@supergraph/money/stripe-units.ts'
import { isUuid } from '@supergraph/runtime/uuid.ts'
import { z } from 'zod'
import type { Databases } from './databases.ts'
import {
  newsRecord,
  type OrderRecords,
  orderRecord,
  type PaymentRecord,
  paymentRecord,
  type ReservationRecord,
  reservationRecord,
} from './order-records.ts'

/**
 * Reads everything that any database has of these orders, one statement per database. n.b. orders comes first: what
 * the others hold of an order is never older than the order itself.
 */
export const readOrders = async (
  databases: Databases,
  ids: readonly string[],
): Promise<readonly OrderRecords[]> => {
  const uuids = ids.filter(isUuid)
  const orders = byKey(await databases.orders.rows(orderRecord, orderQuery, [uuids]), ({ id }) => id)
  const customerIds = [...new Set([...orders.values()].map(({ customerId }) => customerId))]
  const [customers, reservations, news, payments] = await Promise.all([
    databases.users.rows(userId, customerQuery, [customerIds]),
    databases.products.rows(reservationRecord, reservationQuery, [uuids]),
    databases.notifications.rows(newsRecord, newsQuery, [uuids]),
    databases['payment-simulator'].rows(paymentRecord, paymentQuery, [ids]),
  ])
  const known = new Set(customers.map(({ id }) => id))
  const reservationOf = byKey(reservations, ({ orderId }) => orderId)
  const newsOf = byKey(news, ({ orderId }) => orderId)
  const paymentsOf: ReadonlyMap<string, readonly PaymentRecord[]> = Map.groupBy(
    payments.map(inMinorUnits),
    ({ orderId }) => orderId,
  )
  return ids.map(orderId => {
    const order = orders.get(orderId) ?? null
    return {
      orderId,
      order,
      isCustomerKnown: order !== null && known.has(order.customerId),
      reservation: reservationOf.get(orderId) ?? noReservation(orderId),
      payments: paymentsOf.get(orderId) ?? [],
      news: newsOf.get(orderId) ?? { orderId, updates: [], notifications: [] },
    }
  })
}

const byKey = <Row>(rows: readonly Row[], key: (row: Row) => string): ReadonlyMap<string, Row> =>
  new Map(rows.map(row => [key(row), row]))

const inMinorUnits = (payment: PaymentRecord): PaymentRecord => {
  const minor = (units: number) => toMinor(units, payment.currency.toUpperCase())
  return {
    ...payment,
    amountMinor: minor(payment.amountMinor),
    receivedMinor: minor(payment.receivedMinor),
    refundedMinor: minor(payment.refundedMinor),
    refunds: payment.refunds.map(refund => ({ ...refund, amountMinor: minor(refund.amountMinor) })),
    disputes: payment.disputes.map(dispute => ({ ...dispute, amountMinor: minor(dispute.amountMinor) })),
  }
}

const noReservation = (orderId: string): ReservationRecord => ({
  orderId,
  state: null,
  lines: [],
  movements: [],
})

const userId = z.object({ id: z.string() })

// n.b. whoever's account was deleted was known once
const customerQuery = `
  select id from users where id = any ($1::uuid[])
  union select user_id from account_deletions where user_id = any ($1::uuid[]) and carried_out_at is not null`

// n.b. published events are pruned after seven days; the hour allows for clocks that differ
const orderQuery = `
  with events as materialized (
    select aggregate_id, json_agg(json_build_object(
      'id', message_id, 'type', envelope ->> 'type', 'version', (envelope ->> 'version')::integer,
      'isPublished', published_at is not null) order by id) as list
    from (
      -- n.b. those that wait and those that are settled have an index each
      select * from outbox where aggregate_id = any ($1::text[]) and coalesce(published_at, dead_at) is null
      union all
      select * from outbox where aggregate_id = any ($1::text[]) and coalesce(published_at, dead_at) is not null
    ) as outbox
    group by aggregate_id
  )
  select orders.id, customer_id as "customerId", status, currency, total_minor as "totalMinor", version, step,
    coalesce(step_due_at < now() - interval '1 minute' or step_attempts >= 20, false) as "isOverdue",
    stock_state as "stockState", payment_state as "paymentState", payment_id as "paymentId",
    refunded_minor as "refundedMinor",
    (select coalesce(json_agg(json_build_object(
        'productId', product_id, 'quantity', quantity, 'unitPriceMinor', unit_price_minor) order by position), '[]')
      from order_items where order_id = orders.id) as items,
    (select coalesce(json_agg(json_build_object(
        'version', order_changes.version, 'status', order_changes.status, 'paymentChange', payment_change,
        'isOld', at < now() - interval '7 days' + interval '1 hour') order by order_changes.version), '[]')
      from order_changes where order_id = orders.id) as changes,
    (select coalesce(json_agg(json_build_object(
        'id', refunds.id, 'amountMinor', amount_minor, 'state', state, 'providerId', provider_id)
        order by requested_at), '[]')
      from refunds where order_id = orders.id) as refunds,
    (select coalesce(json_agg(json_build_object(
        'id', disputes.id, 'amountMinor', amount_minor, 'status', disputes.status) order by opened_at), '[]')
      from disputes where order_id = orders.id) as disputes,
    coalesce(events.list, '[]') as events
  from orders left join events on events.aggregate_id = orders.id::text
  where orders.id = any ($1::uuid[])`

const reservationQuery = `
  select wanted.id as "orderId", reservations.state,
    (select coalesce(json_agg(json_build_object('productId', product_id, 'quantity', quantity)), '[]')
      from reservation_lines where order_id = wanted.id) as lines,
    (select coalesce(json_agg(json_build_object('productId', product_id, 'onHand', on_hand, 'reserved', reserved)), '[]')
      from (
        select product_id, sum(on_hand_delta) as on_hand, sum(reserved_delta) as reserved
        from stock_movements where order_id = wanted.id group by product_id
      ) as moved) as movements
  from unnest($1::uuid[]) as wanted (id) left join reservations on reservations.order_id = wanted.id`

// n.b. a payment without an order is read under the order id ''
const paymentQuery = `
  select id, coalesce(order_id, '') as "orderId", amount as "amountMinor", amount_received as "receivedMinor",
    amount_refunded as "refundedMinor", currency, status,
    (select coalesce(json_agg(json_build_object(
        'id', refunds.id, 'refundId', refund_id, 'isOurs', refunds.order_id is not null,
        'amountMinor', refunds.amount, 'status', refunds.status, 'madeAt', refunds.created_at)
        order by refunds.created_at, refunds.id), '[]')
      from refunds where payment_intent_id = payment_intents.id) as refunds,
    (select coalesce(json_agg(json_build_object(
        'id', disputes.id, 'amountMinor', disputes.amount, 'status', disputes.status)), '[]')
      from disputes where payment_intent_id = payment_intents.id) as disputes
  from payment_intents
  where order_id = any ($1::text[]) or (order_id is null and '' = any ($1::text[]))
  order by created_at, id`

/**
 * SQL for the moment since which there is an e-mail of everything that users were told. n.b. e-mails are kept for 90 days,
 * and an old shop has none from the time before it could send any.
 */
export const emailsBegin = `
  greatest(now() - interval '89 days', coalesce((select min(created_at) from emails), 'infinity'))`

// n.b. those of deleted users are not kept at all, and others for 90 days; the day allows for the time between two prunings
const newsQuery = `
  with begin as materialized (select ${emailsBegin} as moment),
  told as materialized (
    select order_id, json_agg(json_build_object(
      'id', id, 'userId', user_id, 'kind', kind, 'eventId', event_id) order by created_at, id) as list
    from (
      select id, user_id, kind, event_id, order_id, created_at from notifications
      -- n.b. a notification that was withheld because its user wishes so counts as told
      union all
      select event_id, user_id, kind, event_id, order_id, created_at from withheld_notifications
    ) as news
    where order_id = any ($1::uuid[])
    group by order_id
  )
  select wanted.id as "orderId",
    (select coalesce(json_agg(json_build_object(
        'version', version, 'type', type, 'eventId', event_id, 'customerId', customer_id,
        'followsPruned', follows_pruned,
        'isOld', least(occurred_at, stored_at) < now() - interval '89 days'
          or exists (select from deleted_users where user_id = customer_id),
        'isBeforeEmail', occurred_at < (select moment from begin),
        'emailedTo', array(select user_id from emails where emails.event_id = order_updates.event_id))
        order by version), '[]')
      from order_updates where order_id = wanted.id) as updates,
    coalesce(told.list, '[]') as notifications
  from unnest($1::uuid[]) as wanted (id) left join told on told.order_id = wanted.id`
