import { expect, it } from 'vitest'
import type { Step } from './next-step.ts'
import { reactionTo, topicOf } from './webhook-event.ts'

const dispute = 'charge.dispute.closed'
const refund = 'charge.refunded'
const lost = 'payment_intent.canceled'
const paid = 'payment_intent.succeeded'

it.each<readonly [type: string, step: Step | null, reaction: ReturnType<typeof reactionTo>]>([
  [paid, 'AUTHORIZE_PAYMENT', 'later'],
  [paid, 'AWAIT_PAYMENT', 'hasten'],
  [paid, 'CAPTURE_PAYMENT', 'hasten'],
  [paid, 'COMMIT_STOCK', 'nothing'],
  [paid, 'REFUND', 'nothing'],
  [paid, null, 'nothing'],
  [lost, 'RETURN_PAYMENT', 'nothing'],
  [lost, 'REFUND', 'later'],
  [lost, null, 'settle'],
  [refund, 'REFUND', 'hasten'],
  [refund, 'RETURN_PAYMENT', 'later'],
  [refund, null, 'settle'],
  [dispute, 'CAPTURE_PAYMENT', 'later'],
  [dispute, 'REFUND', 'settle'],
  [dispute, 'RETURN_PAYMENT', 'settle'],
  [dispute, null, 'settle'],
])('after %s, an order at %s: %s', (type, step, reaction) => {
  const topic = topicOf(type)
  if (topic === null) throw new Error(`Nothing follows from ${type}.`)
  expect(reactionTo({ type, topic, orderId: 'o', step })).toBe(reaction)
  expect(reactionTo({ type, topic, orderId: null, step: null })).toBe('nothing')
})
