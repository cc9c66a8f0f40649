import { messagingPrivacy } from '@supergraph/messaging/privacy.ts'
import {
  type DatabasePrivacy,
  migrationsPrivacy,
  personal,
  personalUnexported,
  throttlePrivacy,
} from '@supergraph/postgres/privacy.ts'

const forBooks = 'for ever, for book-keeping'
const withAccount = 'as long as the account'

/** What the database of orders tells of people. */
export const privacy: DatabasePrivacy = {
  ...migrationsPrivacy,
  ...messagingPrivacy('its sensitive values are replaced'),
  ...throttlePrivacy,
  orders: {
    personal: {
      shipping: personal('where an order goes', withAccount, 'replaced, but for the country'),
      payment_method: personal('the id of a means of payment', withAccount, 'replaced'),
      tracking: personal('the carrier and the number of a parcel', withAccount, 'deleted'),
      payment_action: personalUnexported(
        'with what a payment can be approved',
        'until it is approved, or too late',
        'deleted',
      ),
      payment_id: personalUnexported("the payment provider's id", forBooks, 'kept'),
      number: personal('the number of an order', forBooks, 'kept'),
      status: personal('what became of an order', forBooks, 'kept'),
      total_minor: personal('what an order costs', forBooks, 'kept'),
      placed_at: personal('when an order was placed', forBooks, 'kept'),
      refunded_minor: personal('what was returned of the price', forBooks, 'kept'),
    },
    accountIds: 'customer_id',
    notPersonal:
      'id currency version refusal step step_due_at step_attempts fence stock_state payment_state payment_waits_until traceparent',
  },
  order_items: {
    personal: {
      product_name: personal('what was ordered', forBooks, 'kept'),
      sku: personal('what was ordered', forBooks, 'kept'),
      quantity: personal('how much of it', forBooks, 'kept'),
      unit_price_minor: personal('at which price', forBooks, 'kept'),
    },
    notPersonal: 'order_id position product_id',
  },
  order_changes: {
    personal: {
      reason: personal('why, as somebody wrote it', withAccount, 'deleted'),
      at: personal('when something happened to an order', forBooks, 'kept'),
    },
    accountIds: 'actor_id',
    notPersonal: 'order_id version status actor_kind payment_change refund_id',
  },
  refunds: {
    personal: {
      reason: personal('why, as somebody wrote it', withAccount, 'deleted'),
      amount_minor: personal('what was returned', forBooks, 'kept'),
      requested_at: personal('when it was', forBooks, 'kept'),
    },
    accountIds: 'actor_id',
    notPersonal: 'id order_id state failure actor_kind provider_id',
  },
  deleted_customers: { accountIds: 'customer_id', notPersonal: 'deleted_at forgotten_at' },
  disputes: {
    personal: {
      reason: personal('why a payment is disputed, in a word of the bank', forBooks, 'kept'),
      amount_minor: personal('how much of it', forBooks, 'kept'),
      opened_at: personal('since when', forBooks, 'kept'),
    },
    notPersonal: 'id order_id status respond_by',
  },
  refund_lines: { notPersonal: 'refund_id product_id quantity' },
  webhook_events: {
    personal: {
      payment_id: personalUnexported("the payment provider's id", '30 days', 'kept'),
    },
    notPersonal: 'id type topic order_id created_at received_at due_at tries handled_at',
  },
  missed_events: { notPersonal: 'is_only asked_until due_at' },
  idempotency_keys: {
    personal: {
      key: personalUnexported("a key of the client's choice", '7 days', 'deleted'),
      input_hash: personalUnexported('a hash of what was asked for', '7 days', 'deleted'),
    },
    accountIds: 'user_id',
    notPersonal: 'operation order_id answer created_at',
  },
}
