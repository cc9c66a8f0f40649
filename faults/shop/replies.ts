import { z } from 'zod'
import type { AskOutcome } from './ask.ts'

/** What a checkout's client was told; `pending`, `try again`, `lost` and `failed` are not final. */
export type Reply = {
  readonly kind:
    | 'confirmed'
    | 'cancelled'
    | 'out of stock'
    | 'declined'
    | 'refused'
    | 'pending'
    | 'try again'
    | 'failed'
    | 'lost'
  readonly orderId: string | null
  /** The whole reply, to be compared and printed. */
  readonly text: string
  readonly retryAfterMs: number
  /** What the customer has to do for a pending order, if anything. */
  readonly action: PaymentAction | null
}

/** Where a customer approves a payment, and until when. */
export type PaymentAction = z.output<typeof paymentAction>

/** Whether the reply is final, so that the client need not ask again. */
export const isFinal = ({ kind }: Reply): boolean =>
  kind !== 'pending' && kind !== 'try again' && kind !== 'failed' && kind !== 'lost'

export const placeOrderMutation = `mutation PlaceOrder($input: PlaceOrderInput!) {
  placeOrder(input: $input) {
    __typename
    ... on PlaceOrderSuccess {
      order { id number status version total { amountMinor } payment { action { redirectUrl expiresAt } } }
    }
    ... on OutOfStock { items { requested available } }
    ... on PaymentDeclined { reason }
    ... on TryAgain { retryAfterSeconds }
    ... on Failure { message }
  }
}`

/** What an answer to `placeOrderMutation` says. */
export const readPlaceOrder = (answer: AskOutcome): Reply => {
  if (answer.kind !== 'data') return withoutWord(answer.kind, answer.message)
  const text = JSON.stringify(answer.data)
  const { placeOrder: result } = placed.parse(answer.data)
  const reply = { orderId: null, text, retryAfterMs: defaultRetryMs, action: null }
  switch (result.__typename) {
    case 'PlaceOrderSuccess':
      return {
        ...reply,
        kind: kindOf[result.order.status] ?? 'refused',
        orderId: result.order.id,
        action: result.order.payment.action,
      }
    case 'OutOfStock':
      return { ...reply, kind: 'out of stock' }
    case 'PaymentDeclined':
      return { ...reply, kind: 'declined' }
    case 'TryAgain':
      return { ...reply, kind: 'try again', retryAfterMs: result.retryAfterSeconds * 1_000 }
    default:
      return { ...reply, kind: 'refused' }
  }
}

export const continuePaymentMutation = `mutation ContinuePayment($input: ContinuePaymentInput!) {
  continuePayment(input: $input) { __typename }
}`

export const cancelOrderMutation = `mutation CancelOrder($input: CancelOrderInput!) {
  cancelOrder(input: $input) {
    __typename
    ... on CancelOrderSuccess { order { id status } }
    ... on Failure { message }
  }
}`

export const shipOrderMutation = `mutation ShipOrder($input: ShipOrderInput!) {
  shipOrder(input: $input) { __typename }
}`

export const deliverOrderMutation = `mutation DeliverOrder($input: DeliverOrderInput!) {
  deliverOrder(input: $input) { __typename }
}`

export const refundOrderMutation = `mutation RefundOrder($input: RefundOrderInput!) {
  refundOrder(input: $input) { __typename }
}`

/** Whether an answer to what the staff wants says that it is done, now or by an earlier request whose answer was lost. */
export const isDoneByStaff = (answer: AskOutcome): boolean =>
  answer.kind === 'data' &&
  Object.values(results.parse(answer.data)).every(
    ({ __typename: kind }) => kind.endsWith('Success') || doneEarlier.includes(kind),
  )

/** Whether an answer to `cancelOrderMutation` says that the order is cancelled; undefined if the answer does not say. */
export const readCancelOrder = (answer: AskOutcome): boolean | undefined =>
  answer.kind === 'data'
    ? cancelled.parse(answer.data).cancelOrder.__typename === 'CancelOrderSuccess'
    : undefined

const defaultRetryMs = 200

const withoutWord = (kind: 'failed' | 'lost', text: string): Reply => ({
  kind,
  text,
  orderId: null,
  retryAfterMs: defaultRetryMs,
  action: null,
})

const kindOf: Readonly<Record<string, Reply['kind']>> = {
  PENDING: 'pending',
  CONFIRMED: 'confirmed',
  CANCELLED: 'cancelled',
}

const refusals = ['ProductUnavailable', 'PriceChanged', 'IdempotencyKeyReused', 'InvalidOrder'] as const

const paymentAction = z.object({
  redirectUrl: z.string(),
  expiresAt: z.string().transform(at => new Date(at)),
})

const placed = z.object({
  placeOrder: z.discriminatedUnion('__typename', [
    z.object({
      __typename: z.literal('PlaceOrderSuccess'),
      order: z.object({
        id: z.string(),
        status: z.string(),
        payment: z.object({ action: paymentAction.nullable() }),
      }),
    }),
    z.object({ __typename: z.literal('OutOfStock') }),
    z.object({ __typename: z.literal('PaymentDeclined') }),
    z.object({ __typename: z.literal('TryAgain'), retryAfterSeconds: z.number() }),
    z.object({ __typename: z.enum(refusals) }),
  ]),
})

// n.b. a refund that the bank has sent back by now is answered as one that it declined
const doneEarlier = ['IllegalOrderTransition', 'RefundDeclined']

const results = z.record(z.string(), z.object({ __typename: z.string() }))

const cancelled = z.object({ cancelOrder: z.object({ __typename: z.string() }) })
