import { type DemoPayment, demoProductId, demoUserId } from '@supergraph/demo/demo-shop.ts'
import { type Answer, advance, decide, type Step } from '../checkout/decide.ts'
import {
  cancelOrder,
  deliverOrder,
  type Order,
  type OrderEvent,
  type OrderLine,
  placeOrder,
  shipOrder,
  type Transition,
} from '../domain/order.ts'
import { type RefundTransition, requestRefund } from '../domain/refund.ts'
import type { DemoEvent, DemoOrder } from './demo-orders.ts'

/** What is known of a demo order beside its history; no `payment` where it never came to one. */
export type DemoFacts = {
  readonly id: string
  readonly number: string
  readonly customerId: string
  readonly lines: readonly OrderLine[]
  readonly payment: DemoPayment | undefined
}

/** An order after its history: what happened, and the order before and after each change. */
export type DemoHistory = {
  readonly order: Order
  readonly events: readonly OrderEvent[]
  readonly changes: readonly { readonly before: Order; readonly after: Order; readonly at: Date }[]
}

const hourMs = 3_600_000
const staff = { kind: 'STAFF', userId: demoUserId('staff@example.com') } as const

/** Takes a demo order through its history, by the rules that every order keeps to. */
export const playDemoOrder = ({ placedAt, later }: DemoOrder, facts: DemoFacts): DemoHistory => {
  const { lines, payment, ...placed } = facts
  const amountMinor = lines.reduce((sum, line) => sum + line.unitPriceMinor * line.quantity, 0)
  const total = { amountMinor, currency: 'EUR' }
  const paymentMethod = payment?.method ?? 'pm_card_visa'
  const start: DemoHistory = {
    ...placeOrder({ ...placed, total, paymentMethod }, new Date(placedAt)),
    changes: [],
  }
  return later.reduce((history, event) => {
    const at = new Date(Date.parse(placedAt) + event[1] * hourMs)
    const commanded = follow(history, command(history.order, event, facts, at), at)
    return drive(commanded, facts, at, event[0] === 'authorize' ? 'COMMIT_STOCK' : null)
  }, start)
}

const command = (
  order: Order,
  event: DemoEvent,
  { number, customerId, lines, payment }: DemoFacts,
  at: Date,
): Transition | RefundTransition => {
  switch (event[0]) {
    case 'authorize':
    case 'confirm':
      return { kind: 'unchanged', order }
    case 'reject': {
      const shortages = lines.map(({ productId, quantity }) => ({
        productId,
        requested: quantity,
        available: 0,
      }))
      return advance(order, { step: 'RESERVE_STOCK', kind: 'short', shortages }, at)
    }
    case 'ship':
      return shipOrder(
        order,
        { tracking: { carrier: 'DHL', trackingNumber: `JD0146${number}` }, actor: staff },
        at,
      )
    case 'deliver':
      return deliverOrder(order, { actor: staff }, at)
    case 'cancel':
      return cancelOrder(order, { reason: event[2], actor: { kind: 'CUSTOMER', userId: customerId } }, at)
    case 'refund': {
      const items = event[3]?.map(([sku, quantity]) => ({ productId: demoProductId(sku), quantity })) ?? null
      return requestRefund(order, lines, [], {
        id: payment?.refundId ?? '',
        items,
        reason: event[2],
        actor: staff,
      })
    }
    default:
      return event[0] satisfies never
  }
}

/** Answers each step as in a shop where all goes well, up to the step `until`. */
const drive = (history: DemoHistory, facts: DemoFacts, at: Date, until: Step | null): DemoHistory => {
  const step = decide(history.order)
  if (step === null || step === until) return history
  const answer = answerOf(step, history.order, facts)
  return drive(follow(history, advance(history.order, answer, at), at), facts, at, until)
}

const answerOf = (step: Step, { payment }: Order, facts: DemoFacts): Answer => {
  switch (step) {
    case 'RESERVE_STOCK':
      return { step, kind: 'reserved' }
    case 'AUTHORIZE_PAYMENT':
      return { step, kind: 'authorized', paymentId: facts.payment?.paymentId ?? '' }
    case 'COMMIT_STOCK':
      return { step, kind: 'committed' }
    case 'CAPTURE_PAYMENT':
      return { step, kind: 'captured' }
    case 'RETURN_PAYMENT':
      return { step, kind: payment.state === 'CAPTURED' ? 'refunded' : 'voided' }
    case 'RETURN_STOCK':
      return { step, kind: 'returned' }
    case 'REFUND':
      return { step, kind: 'refunded' }
    default:
      return step satisfies never
  }
}

const follow = (history: DemoHistory, transition: Transition | RefundTransition, at: Date): DemoHistory => {
  switch (transition.kind) {
    case 'unchanged':
      return history
    case 'changed': {
      const { order, events } = transition
      const change = { before: history.order, after: order, at }
      return { order, events: [...history.events, ...events], changes: [...history.changes, change] }
    }
    default:
      throw new Error(`Demo order ${history.order.id} can't take the next change: ${transition.kind}.`)
  }
}
