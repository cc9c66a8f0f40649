import { type DemoPayment, demoProductId, demoUserId } from '@supergraph/demo/demo-shop.ts'
import { applyResult, nextStep, type Step, type StepResult } from '../domain/next-step.ts'
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
import { type RefundRefusal, requestRefund } from '../domain/refund.ts'
import type { DemoEvent, DemoOrder } from './demo-orders.ts'

/** What is known of a demo order beside its history; `payment` is undefined if none was made. */
type DemoFacts = {
  readonly id: string
  readonly number: string
  readonly customerId: string
  readonly lines: readonly OrderLine[]
  readonly payment: DemoPayment | undefined
}

/** An order after its history: what happened, and the order before and after each transition. */
type DemoHistory = {
  readonly order: Order
  readonly events: readonly OrderEvent[]
  readonly transitions: readonly { readonly before: Order; readonly after: Order; readonly at: Date }[]
}

const hourMs = 3_600_000
const staff = { kind: 'STAFF', userId: demoUserId('staff@example.com') } as const

/** Takes a demo order through its history, by the rules of every order. */
export const playDemoOrder = ({ placedAt, later }: DemoOrder, facts: DemoFacts): DemoHistory => {
  const { lines, payment, ...placed } = facts
  const amountMinor = lines.reduce((sum, line) => sum + line.unitPriceMinor * line.quantity, 0)
  const total = { amountMinor, currency: 'EUR' }
  const paymentMethod = payment?.method ?? 'pm_card_visa'
  const start: DemoHistory = {
    ...placeOrder({ ...placed, total, paymentMethod }, new Date(placedAt)),
    transitions: [],
  }
  return later.reduce((history, event) => {
    const at = new Date(Date.parse(placedAt) + event[1] * hourMs)
    const commanded = append(history, command(history.order, event, facts, at), at)
    return performSteps(commanded, facts, at, event[0] === 'authorize' ? 'COMMIT_STOCK' : null)
  }, start)
}

const command = (
  order: Order,
  event: DemoEvent,
  { number, customerId, lines, payment }: DemoFacts,
  at: Date,
): Transition | RefundRefusal => {
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
      return applyResult(order, { step: 'RESERVE_STOCK', kind: 'short', shortages }, at)
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

/** Performs the steps that are due, in a shop where all goes well, up to the step `until`. */
const performSteps = (history: DemoHistory, facts: DemoFacts, at: Date, until: Step | null): DemoHistory => {
  const step = nextStep(history.order)
  if (step === null || step === until) return history
  const result = resultOf(step, history.order, facts)
  return performSteps(append(history, applyResult(history.order, result, at), at), facts, at, until)
}

const resultOf = (step: Step, { payment }: Order, facts: DemoFacts): StepResult => {
  switch (step) {
    case 'RESERVE_STOCK':
      return { step, kind: 'reserved' }
    case 'AUTHORIZE_PAYMENT':
    case 'AWAIT_PAYMENT':
      return { step, kind: 'authorized', paymentId: facts.payment?.paymentId ?? '' }
    case 'COMMIT_STOCK':
      return { step, kind: 'committed' }
    case 'CAPTURE_PAYMENT':
      return { step, kind: 'captured' }
    case 'RETURN_PAYMENT':
      return { step, kind: payment.state === 'CAPTURED' ? 'refunded' : 'voided', paymentId: payment.id }
    case 'RETURN_STOCK':
      return { step, kind: 'returned' }
    case 'REFUND':
      return { step, kind: 'refunded' }
    default:
      return step satisfies never
  }
}

const append = (history: DemoHistory, transition: Transition | RefundRefusal, at: Date): DemoHistory => {
  switch (transition.kind) {
    case 'unchanged':
      return history
    case 'changed': {
      const { order, events } = transition
      return {
        order,
        events: [...history.events, ...events],
        transitions: [...history.transitions, { before: history.order, after: order, at }],
      }
    }
    default:
      throw new Error(`Demo order ${history.order.id} can't take the next command: ${transition.kind}.`)
  }
}
