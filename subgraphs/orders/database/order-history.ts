import type { Envelope } from '@supergraph/messaging/envelope.ts'
import { outboxEvents, outboxInsert } from '@supergraph/messaging/outbox/outbox.ts'
import { affected, type Executor } from '@supergraph/postgres/statements.ts'
import { uuidv7 } from '@supergraph/runtime/uuid.ts'
import {
  OrderCancelled,
  OrderConfirmed,
  OrderDelivered,
  OrderPaymentChanged,
  OrderPlaced,
  OrderRefunded,
  OrderRejected,
  OrderShipped,
} from '@supergraph/schema/events/orders.ts'
import type { Order, OrderEvent, OrderLine, PaymentChange } from '../domain/order.ts'
import { refusalSentence } from './order-row.ts'

/** What is written of an order's events: the rows of its history, and what is published; each as JSON. */
export type OrderRecord = { readonly changes: string; readonly events: string }

/** The record of what happened to an order of these lines. */
export const recordOf = (
  order: Order,
  lines: readonly OrderLine[],
  events: readonly OrderEvent[],
): OrderRecord => {
  const changes = events.map(event => ({ event, reason: reasonOf(order, event) }))
  return {
    changes: JSON.stringify(
      changes.map(({ event, event: { version, status, at, actor }, reason }) => ({
        ...{ version, status, at, reason },
        ...{ actorKind: actor.kind, actorId: actor.userId },
        paymentChange: changeOf(event),
        refundId: refundOf(event)?.id ?? null,
      })),
    ),
    events: outboxEvents(changes.map(({ event, reason }) => toEnvelope(order, lines, event, reason))),
  }
}

/**
 * The parts of a statement that write a record from these parameters, such as `$1`, for the order that its part `saved`
 * holds, and nothing if `saved` is empty.
 */
export const recordParts = ({ changes, events }: OrderRecord): string => `
  recorded as (
    insert into order_changes (order_id, version, status, at, reason, actor_kind, actor_id, payment_change,
      refund_id)
    select saved.id, change.version, change.status, at, reason, "actorKind", "actorId", "paymentChange",
      "refundId"
    from saved cross join jsonb_to_recordset(${changes}::jsonb) as change (
      version integer, status text, at timestamptz, reason text, "actorKind" text, "actorId" uuid,
      "paymentChange" text, "refundId" uuid)
  ), published as (
    ${outboxInsert(numberedEvents(events))}
  )`

/** Writes the record of an order that is stored already. */
export const recordEvents = async (
  executor: Executor,
  orderId: string,
  { changes, events }: OrderRecord,
): Promise<void> => {
  await affected(
    executor,
    `with saved as (select id, number from orders where id = $1),
     ${recordParts({ changes: '$2', events: '$3' })}
     select`,
    [orderId, changes, events],
  )
}

/** n.b. the number of a new order is not known before it is inserted. */
const numberedEvents = (events: string): string => `(
  select jsonb_agg(event || jsonb_build_object('data', event -> 'data' || jsonb_build_object('number', number)) order by position)
  from saved cross join jsonb_array_elements(${events}::jsonb) with ordinality as told (event, position))`

const refundOf = (event: OrderEvent) =>
  event.kind === 'refunded' || event.kind === 'paymentChanged' ? event.refund : undefined

const changeOf = (event: OrderEvent): PaymentChange | null =>
  event.kind === 'paymentChanged' ? event.change : null

const reasonOf = ({ refusal }: Order, event: OrderEvent): string | null => {
  if (event.kind === 'refunded') return event.refund.reason
  if (event.kind === 'paymentChanged') return paymentSentences[event.change]
  if (event.kind === 'rejected') return refusal && refusalSentence(refusal)
  return event.kind === 'cancelled' ? event.reason : null
}

const paymentSentences = {
  ACTION_REQUIRED: 'The payment waits for the approval of its customer.',
  PROCESSING: 'The payment provider has not decided about the payment yet.',
  AUTHORIZED: 'The payment is approved.',
  PAYMENT_FAILED: 'The payment has failed after the goods were sent: it is to be claimed from the customer.',
  REFUND_FAILED: 'A refund has failed at the bank: its money is still to be returned.',
  DISPUTE_OPENED: 'The payment is disputed at the bank.',
  DISPUTE_CHANGED: 'The dispute of the payment goes on.',
  DISPUTE_CLOSED: 'The dispute of the payment is over.',
} as const satisfies Readonly<Record<PaymentChange, string>>

/** What an order is refused for, in a word: the provider's own if the amount was it. */
const refusalWord = ({ refusal }: Order): string | undefined =>
  refusal?.kind === 'PaymentDeclined' && refusal.reason.startsWith('amount_') ? refusal.reason : refusal?.kind

/** The envelope that tells other services what happened to an order of these lines, and for which reason. */
export const toEnvelope = (
  order: Order,
  lines: readonly OrderLine[],
  event: OrderEvent,
  reason: string | null,
): Envelope => {
  const { id: orderId, number, customerId, total } = order
  const about = { id: event.id ?? uuidv7(), subject: orderId, version: event.version, occurredAt: event.at }
  const data = { orderId, number, customerId, total }
  switch (event.kind) {
    case 'placed': {
      const items = lines.map(({ productId, quantity }) => ({ productId, quantity }))
      return OrderPlaced.create({ ...about, data: { ...data, items } })
    }
    case 'paymentChanged': {
      const { change, refund } = event
      const amount = { amountMinor: refund?.amountMinor ?? 0, currency: total.currency }
      const sentBack = refund && { refundId: refund.id, amount }
      return OrderPaymentChanged.create({ ...about, data: { ...data, change, refund: sentBack } })
    }
    case 'confirmed':
      return OrderConfirmed.create({ ...about, data: { ...data, items: [...lines] } })
    case 'rejected':
      return OrderRejected.create({
        ...about,
        data: { ...data, reason: reason ?? '', refusal: refusalWord(order) },
      })
    case 'cancelled':
      return OrderCancelled.create({ ...about, data: { ...data, reason } })
    case 'shipped':
      return OrderShipped.create({ ...about, data: { ...data, ...event.tracking } })
    case 'delivered':
      return OrderDelivered.create({ ...about, data })
    case 'refunded': {
      const { id: refundId, amountMinor, lines: items } = event.refund
      const amount = { amountMinor, currency: total.currency }
      const isFull = event.status === 'REFUNDED'
      const refund = { refundId, amount, isFull, items: [...items], reason }
      return OrderRefunded.create({ ...about, data: { ...data, ...refund } })
    }
    default:
      return event satisfies never
  }
}
