import { type DatabasePrivacy, migrationsPrivacy, personalUnexported } from '@supergraph/postgres/privacy.ts'

/** What the database of the payment simulator tells of people; it is only there in development. */
export const privacy: DatabasePrivacy = {
  ...migrationsPrivacy,
  disputes: { notPersonal: 'id payment_intent_id amount reason status created_at' },
  events: {
    personal: {
      body: personalUnexported(
        'what was sent to the shop, with the id of a means of payment',
        'for 30 days',
        'kept',
      ),
    },
    notPersonal: 'id position type created_at attempts next_attempt_at delivered_at',
  },
  idempotency_keys: {
    personal: {
      body: personalUnexported(
        'what was answered, with the id of a means of payment',
        'for ever: a payment provider keeps its own books',
        'kept',
      ),
    },
    notPersonal: 'key request_hash status created_at',
  },
  later_changes: { notPersonal: 'id change due_at' },
  payment_intents: {
    personal: {
      payment_method: personalUnexported(
        'the id of a means of payment, which is no card',
        'for ever: a payment provider keeps its own books',
        'kept',
      ),
    },
    notPersonal:
      'id order_id amount amount_received amount_refunded currency status metadata created_at canceled_at client_secret return_url failure',
  },
  refunds: {
    notPersonal: 'id payment_intent_id order_id refund_id amount status failure_reason metadata created_at',
  },
}
