import type { Step } from './next-step.ts'

/** What an event of the payment provider is about: each is asked for in its own way. */
export const topics = ['PAYMENT', 'REFUNDS', 'DISPUTES'] as const
type Topic = (typeof topics)[number]

/**
 * What is kept of an event of the payment provider: a hint that something has changed. n.b. the event itself holds the
 * owner of a card and the client secret
 */
export type WebhookEvent = {
  readonly id: string
  readonly type: string
  /** Null if nothing follows from it. */
  readonly topic: Topic | null
  readonly paymentId: string | null
  /** The order that the payment names, which is known before the payment's id is. */
  readonly orderId: string | null
  readonly createdAt: Date
}

/** A time from one moment to another. */
export type Span = { readonly from: Date; readonly to: Date }

/** What events of this type are about; null if nothing follows from them. */
export const topicOf = (type: string): Topic | null => {
  if (type.startsWith('payment_intent.')) return 'PAYMENT'
  if (type.startsWith('charge.dispute.')) return 'DISPUTES'
  const isRefund =
    type === 'charge.refunded' || type === 'charge.refund.updated' || type.startsWith('refund.')
  return isRefund ? 'REFUNDS' : null
}

/**
 * What follows from an event, as far as its order has come: its step is to be taken now, or its refunds and disputes are to be
 * asked for, or the event is to be looked at again, or nothing.
 */
export const reactionTo = ({
  type,
  topic,
  orderId,
  step,
}: {
  readonly type: string
  readonly topic: Topic
  /** Null if no order has made the payment: the account of the provider may have others. */
  readonly orderId: string | null
  readonly step: Step | null
}): 'hasten' | 'settle' | 'later' | 'nothing' => {
  if (orderId === null) return 'nothing'
  if (topic !== 'PAYMENT') {
    // n.b. a refund and its undoing may wait for a bank for longer than events are tried
    if (topic === 'DISPUTES' && (step === 'REFUND' || step === 'RETURN_PAYMENT')) return 'settle'
    if (topic === 'REFUNDS' && step === 'REFUND') return 'hasten'
    // n.b. what the step does is not to be taken for what somebody else has done
    return step === null ? 'settle' : 'later'
  }
  const isLost = type === 'payment_intent.payment_failed' || type === 'payment_intent.canceled'
  if (step === null) return isLost ? 'settle' : 'nothing'
  if (step === 'REFUND') return isLost ? 'later' : 'nothing'
  if (step === 'AWAIT_PAYMENT' || step === 'CAPTURE_PAYMENT') return 'hasten'
  // n.b. whoever is at this step may have asked the provider just before the payment changed
  return step === 'AUTHORIZE_PAYMENT' ? 'later' : 'nothing'
}
