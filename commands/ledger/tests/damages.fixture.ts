import type { Kind } from '@supergraph/ledger/violations.ts'
import type { ShopUnderTest } from './shop-under-test.ts'

/** An order of one unit, with its customer, who has no other that was confirmed or cancelled. */
export type Victim = { readonly orderId: string; readonly productId: string; readonly customerId: string }

/** What a damage must be found as: a kind, the subject's id, and further ids that the violation names. */
export type Expected = readonly [kind: Kind, subject: string, ...ids: readonly string[]]

/** Takes something that has not been damaged yet. */
export type Victims = {
  readonly confirmed: () => Victim
  readonly cancelled: () => Victim
  /** An order whose payment was declined. */
  readonly rejected: () => Victim
  /** The id of a customer without orders. */
  readonly newcomer: () => string
  /** The id of a product without orders. */
  readonly product: () => string
}

type Databases = ShopUnderTest['databases']

/** Damages the books in one place and answers with what must be found, and nothing else. */
export type Damage = (databases: Databases, victims: Victims) => Promise<readonly Expected[]>

const stranger = '01900000-0000-7000-8000-000000000001'

const paymentOf = (databases: Databases, orderId: string) =>
  databases['payment-simulator'].value('select id from payment_intents where order_id = $1', [orderId])

const eventOf = ({ orders }: Databases, orderId: string, version: number) =>
  orders.value(`select message_id from outbox where aggregate_id = $1 and envelope ->> 'version' = $2`, [
    orderId,
    String(version),
  ])

const addPayment = `
  insert into payment_intents (id, amount, amount_received, currency, status, payment_method, client_secret, metadata, created_at)
  select $1, amount, amount, currency, 'succeeded', payment_method, $1 || '_secret', $3, now() from payment_intents where order_id = $2`

const addNotification = `
  with counter as (
    update user_counters set last_seq = last_seq + 1 where user_id = $1 returning last_seq
  )
  insert into notifications (id, user_id, seq, event_id, kind, title, body, order_id, created_at)
  select $4, $1, last_seq, gen_random_uuid(), $3, '', '', $2, now() from counter`

const deleteNobody = `
  insert into account_deletions
    (user_id, requested_at, due_at, carried_out_at, orders_forgot_at, notifications_forgot_at)
  values (gen_random_uuid(), now(), now(), now(), now(), $1::timestamptz)`

/** One damage of every kind, by name. */
export const damages: Readonly<Record<string, Damage>> = {
  'an account that is gone': async (databases, { confirmed }) => {
    const { orderId, customerId } = confirmed()
    await databases.users.sql('delete from users where id = $1', [customerId])
    return [['customer-unknown', orderId, customerId]]
  },
  'an item of another price': async (databases, { confirmed }) => {
    const { orderId } = confirmed()
    await databases.orders.sql(
      'update order_items set unit_price_minor = unit_price_minor + 1 where order_id = $1',
      [orderId],
    )
    return [['total-disagrees', orderId]]
  },
  'a timeline without its end': async (databases, { confirmed }) => {
    const { orderId } = confirmed()
    await databases.orders.sql('delete from order_changes where order_id = $1 and version = 2', [orderId])
    return [['history-gap', orderId]]
  },
  'a step that nobody takes': async (databases, { cancelled }) => {
    const { orderId } = cancelled()
    await databases.orders.sql(
      `update orders set step = 'RETURN_STOCK', step_due_at = now() - interval '2 minutes' where id = $1`,
      [orderId],
    )
    return [['stuck', orderId]]
  },
  'a charge that was undone': async (databases, { confirmed }) => {
    const { orderId } = confirmed()
    await databases['payment-simulator'].sql(
      `update payment_intents set status = 'canceled', amount_received = 0, canceled_at = now() where order_id = $1`,
      [orderId],
    )
    return [['confirmed-not-charged', orderId, await paymentOf(databases, orderId)]]
  },
  'money of an order that was declined': async (databases, { rejected }) => {
    const { orderId } = rejected()
    await databases['payment-simulator'].sql(addPayment, ['pi_late', orderId, { order_id: orderId }])
    return [['charged-not-confirmed', orderId, 'pi_late']]
  },
  'a second charge': async (databases, { confirmed }) => {
    const { orderId } = confirmed()
    const first = await paymentOf(databases, orderId)
    await databases['payment-simulator'].sql(addPayment, ['pi_second', orderId, { order_id: orderId }])
    return [['charged-twice', orderId, first, 'pi_second']]
  },
  'a charge of another amount': async (databases, { confirmed }) => {
    const { orderId } = confirmed()
    await databases['payment-simulator'].sql(
      'update payment_intents set amount = amount + 1, amount_received = amount_received + 1 where order_id = $1',
      [orderId],
    )
    return [['wrong-amount', orderId, await paymentOf(databases, orderId)]]
  },
  'charges of no order': async (databases, { confirmed }) => {
    const { orderId } = confirmed()
    const { sql } = databases['payment-simulator']
    await sql(addPayment, ['pi_stranger', orderId, { order_id: stranger }])
    await sql(addPayment, ['pi_nobody', orderId, {}])
    return [
      ['charge-without-order', 'pi_stranger', stranger],
      ['charge-without-order', 'pi_nobody'],
    ]
  },
  'a refund behind the shop’s back': async (databases, { confirmed }) => {
    const { orderId } = confirmed()
    const payment = await paymentOf(databases, orderId)
    const { sql } = databases['payment-simulator']
    await sql('update payment_intents set amount_refunded = 1 where id = $1', [payment])
    await sql(
      `insert into refunds (id, payment_intent_id, amount, status, metadata, created_at)
       values ('re_1', $1, 1, 'succeeded', '{}', now())`,
      [payment],
    )
    return [['refunds-disagree', orderId, payment]]
  },
  'a dispute that the shop was not told of': async (databases, { confirmed }) => {
    const { orderId } = confirmed()
    await databases['payment-simulator'].sql(
      `insert into disputes (id, payment_intent_id, amount, reason, status, created_at)
       values ('du_1', $1, 1, 'fraudulent', 'lost', now())`,
      [await paymentOf(databases, orderId)],
    )
    return [['disputes-disagree', orderId, 'du_1']]
  },
  'a failed refund that somebody made again behind the shop’s back': async (databases, { confirmed }) => {
    const { orderId } = confirmed()
    const payment = await paymentOf(databases, orderId)
    const refundId = '01900000-0000-7000-8000-000000000002'
    await databases.orders.sql(
      `insert into refunds (id, order_id, amount_minor, state, actor_kind, requested_at)
       values ($1, $2, 1, 'SUCCEEDED', 'STAFF', now())`,
      [refundId, orderId],
    )
    await databases.orders.sql('update orders set refunded_minor = 1 where id = $1', [orderId])
    await databases['payment-simulator'].sql('update payment_intents set amount_refunded = 1 where id = $1', [
      payment,
    ])
    await databases['payment-simulator'].sql(
      `insert into refunds (id, payment_intent_id, amount, status, failure_reason, metadata, created_at)
       values ('re_2', $1, 1, 'failed', 'expired_or_canceled_card', $2, now()),
         ('re_3', $1, 1, 'succeeded', null, '{}', now())`,
      [payment, { refund_id: refundId }],
    )
    return [['refunds-disagree', orderId, refundId, 're_2']]
  },
  'another payment’s id': async (databases, { confirmed }) => {
    const { orderId } = confirmed()
    await databases.orders.sql(`update orders set payment_id = 'pi_other' where id = $1`, [orderId])
    return [['payment-state-disagrees', orderId, 'pi_other', await paymentOf(databases, orderId)]]
  },
  'stock that went to the wrong order': async (databases, { confirmed, cancelled }) => {
    const [fulfilled, off] = [confirmed(), cancelled()]
    const { sql } = databases.products
    // n.b. one unit comes back and one goes, so that the stock stays right
    await sql('update stock_movements set order_id = null where order_id = any ($1::uuid[])', [
      [fulfilled.orderId, off.orderId],
    ])
    await sql(`update reservations set state = 'RELEASED' where order_id = $1`, [fulfilled.orderId])
    await sql(`update reservations set state = 'COMMITTED' where order_id = $1`, [off.orderId])
    await sql(
      `insert into stock_movements (id, product_id, on_hand_delta, reserved_delta, reason, order_id, actor, at)
       values (gen_random_uuid(), $1, -1, 0, 'Committed', $2, 'test', now()),
              (gen_random_uuid(), $1, 1, 0, 'Returned', null, 'test', now())`,
      [off.productId, off.orderId],
    )
    return [
      ['stock-not-taken', fulfilled.orderId],
      ['stock-kept', off.orderId],
    ]
  },
  'a reservation of more units': async (databases, { confirmed }) => {
    const { orderId, productId } = confirmed()
    await databases.products.sql('update reservation_lines set quantity = quantity + 1 where order_id = $1', [
      orderId,
    ])
    return [
      ['lines-disagree', orderId, productId],
      ['movements-disagree', orderId, productId],
    ]
  },
  'movements of nobody': async (databases, { confirmed }) => {
    const { orderId, productId } = confirmed()
    await databases.products.sql('update stock_movements set order_id = null where order_id = $1', [orderId])
    return [['movements-disagree', orderId, productId]]
  },
  'a reservation of no order': async databases => {
    await databases.products.sql(
      `insert into reservations (order_id, state, created_at, changed_at) values ($1, 'RELEASED', now(), now())`,
      [stranger],
    )
    return [['reservation-without-order', stranger]]
  },
  'units out of nowhere': async (databases, { product }) => {
    const id = product()
    await databases.products.sql(
      'update products set on_hand = on_hand + 1, reserved = reserved + 1 where id = $1',
      [id],
    )
    return [['shelf-disagrees', id]]
  },
  'an event that was never written': async (databases, { confirmed }) => {
    const { orderId } = confirmed()
    await databases.orders.sql('delete from outbox where message_id = $1', [
      await eventOf(databases, orderId, 1),
    ])
    return [['event-missing', orderId]]
  },
  'an event that was given up on': async (databases, { confirmed }) => {
    const { orderId } = confirmed()
    const event = await eventOf(databases, orderId, 2)
    await databases.orders.sql(
      'update outbox set published_at = null, dead_at = now() where message_id = $1',
      [event],
    )
    return [['event-stuck', event, orderId]]
  },
  'an event that stays in its outbox': async (databases, { confirmed }) => {
    const { orderId } = confirmed()
    const event = await eventOf(databases, orderId, 2)
    await databases.orders.sql(
      `update outbox set published_at = null, created_at = now() - interval '2 minutes' where message_id = $1`,
      [event],
    )
    return [['event-stuck', event, orderId]]
  },
  'a change that was not heard of': async (databases, { confirmed }) => {
    const { orderId } = confirmed()
    await databases.notifications.sql('delete from order_updates where order_id = $1 and version = 1', [
      orderId,
    ])
    return [['update-missing', orderId, await eventOf(databases, orderId, 1)]]
  },
  'a change that did not happen': async (databases, { confirmed }) => {
    const { orderId, customerId } = confirmed()
    await databases.notifications.sql(
      `insert into order_updates (order_id, version, type, event_id, customer_id, occurred_at)
       values ($1, 9, 'order.placed', $3, $2, now())`,
      [orderId, customerId, stranger],
    )
    return [['update-unfounded', orderId, stranger]]
  },
  'a notification that is gone': async (databases, { confirmed }) => {
    const { orderId, customerId } = confirmed()
    const { sql } = databases.notifications
    await sql('delete from notifications where order_id = $1', [orderId])
    await sql('update user_counters set last_seq = last_seq - 1 where user_id = $1', [customerId])
    return [['notification-missing', orderId, customerId, await eventOf(databases, orderId, 2)]]
  },
  'a new user who was not welcomed': async (databases, { newcomer }) => {
    const id = newcomer()
    const { sql, value } = databases.notifications
    const event = await value('select event_id from notifications where user_id = $1', [id])
    await sql('delete from notifications where user_id = $1', [id])
    await sql('update user_counters set last_seq = 0 where user_id = $1', [id])
    return [['notification-missing', id, event]]
  },
  'a notification that came twice': async (databases, { confirmed }) => {
    const { orderId, customerId } = confirmed()
    const again = crypto.randomUUID()
    const first = await databases.notifications.value('select id from notifications where order_id = $1', [
      orderId,
    ])
    await databases.notifications.sql(addNotification, [customerId, orderId, 'ORDER_CONFIRMED', again])
    return [['notification-doubled', orderId, first, again]]
  },
  'a notification of what did not happen': async (databases, { confirmed }) => {
    const { orderId, customerId } = confirmed()
    const id = crypto.randomUUID()
    await databases.notifications.sql(addNotification, [customerId, orderId, 'ORDER_REJECTED', id])
    return [['notification-unfounded', orderId, id]]
  },
  'a notification of someone else': async (databases, { confirmed, newcomer }) => {
    const { orderId, customerId } = confirmed()
    const eve = newcomer()
    const { sql, value } = databases.notifications
    await sql('update user_counters set last_seq = last_seq + 1 where user_id = $1', [eve])
    await sql('update notifications set user_id = $2, seq = 2 where order_id = $1', [orderId, eve])
    await sql('update user_counters set last_seq = last_seq - 1 where user_id = $1', [customerId])
    const id = await value('select id from notifications where order_id = $1', [orderId])
    return [['notification-misdirected', orderId, id, eve]]
  },
  'an e-mail that is gone': async (databases, { confirmed }) => {
    const { orderId, customerId } = confirmed()
    const event = await eventOf(databases, orderId, 2)
    await databases.notifications.sql('delete from emails where event_id = $1', [event])
    return [['email-missing', orderId, customerId, event]]
  },
  'an e-mail to someone else': async (databases, { confirmed }) => {
    const { orderId } = confirmed()
    const event = await eventOf(databases, orderId, 2)
    await databases.notifications.sql(
      `insert into emails (id, user_id, event_id, kind, subject, payload, created_at)
       select gen_random_uuid(), $2, event_id, kind, subject, payload, created_at from emails where event_id = $1`,
      [event, stranger],
    )
    return [['email-misdirected', orderId, event, stranger]]
  },
  'a new user who was not written to': async (databases, { newcomer }) => {
    const id = newcomer()
    const event = await databases.notifications.value(
      'select event_id from notifications where user_id = $1',
      [id],
    )
    await databases.notifications.sql('delete from emails where event_id = $1', [event])
    return [['email-missing', id, event]]
  },
  'a deleted person whose address is still there': async ({ users, notifications }) => {
    const id = await users.value(`${deleteNobody} returning user_id`, ['now'])
    await notifications.sql(
      `insert into recipients (user_id, email, name, version) values ($1, 'a@b', 'A', 1)`,
      [id],
    )
    return [['deletion-undone', id]]
  },
  'a deleted person whom a service has not forgotten': async ({ users }) => {
    const id = await users.value(`${deleteNobody} returning user_id`, [null])
    return [['deletion-unconfirmed', id]]
  },
  'a number that was left out': async (databases, { confirmed }) => {
    const { customerId } = confirmed()
    await databases.notifications.sql('update user_counters set last_seq = last_seq + 1 where user_id = $1', [
      customerId,
    ])
    return [['notification-gap', customerId]]
  },
}
