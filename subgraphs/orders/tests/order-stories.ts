import fc from 'fast-check'
import { applyResult, giveUp, nextStep, type StepResult } from '../domain/next-step.ts'
import {
  type Actor,
  cancelOrder,
  deliverOrder,
  type Order,
  type OrderEvent,
  type OrderLine,
  placeOrder,
  shipOrder,
} from '../domain/order.ts'
import { type RefundRefusal, type RefundRequest, requestRefund, type Units } from '../domain/refund.ts'

const actor: Actor = { kind: 'STAFF', userId: 's' }
const tracking = { carrier: 'DHL', trackingNumber: 'JD014600' }

const action = { clientSecret: 'pi_1_secret', redirectUrl: null }
const until = new Date(1_000)

const answers = {
  RESERVE_STOCK: [
    { step: 'RESERVE_STOCK', kind: 'reserved' },
    { step: 'RESERVE_STOCK', kind: 'short', shortages: [] },
    { step: 'RESERVE_STOCK', kind: 'notExecuted' },
  ],
  AUTHORIZE_PAYMENT: [
    { step: 'AUTHORIZE_PAYMENT', kind: 'authorized', paymentId: 'pi_1' },
    { step: 'AUTHORIZE_PAYMENT', kind: 'declined', reason: 'insufficient_funds', paymentId: null },
    { step: 'AUTHORIZE_PAYMENT', kind: 'notExecuted' },
    { step: 'AUTHORIZE_PAYMENT', kind: 'waiting', paymentId: 'pi_1', action, until },
  ],
  AWAIT_PAYMENT: [
    { step: 'AWAIT_PAYMENT', kind: 'authorized', paymentId: 'pi_1' },
    { step: 'AWAIT_PAYMENT', kind: 'waiting', paymentId: 'pi_1', action: null, until },
    { step: 'AWAIT_PAYMENT', kind: 'waiting', paymentId: 'pi_1', action, until: new Date(0) },
    { step: 'AWAIT_PAYMENT', kind: 'declined', reason: 'insufficient_funds', paymentId: 'pi_1' },
  ],
  COMMIT_STOCK: [
    { step: 'COMMIT_STOCK', kind: 'committed' },
    { step: 'COMMIT_STOCK', kind: 'short', shortages: [] },
  ],
  CAPTURE_PAYMENT: [
    { step: 'CAPTURE_PAYMENT', kind: 'captured' },
    { step: 'CAPTURE_PAYMENT', kind: 'lapsed' },
  ],
  RETURN_PAYMENT: [{ step: 'RETURN_PAYMENT', kind: 'refunded', paymentId: 'pi_1' }],
  RETURN_STOCK: [{ step: 'RETURN_STOCK', kind: 'returned' }],
  REFUND: [
    { step: 'REFUND', kind: 'refunded' },
    { step: 'REFUND', kind: 'failed', reason: 'expired_or_canceled_card' },
  ],
} satisfies Readonly<Record<string, readonly StepResult[]>>

const items = fc.uniqueArray(
  fc.record({ line: fc.nat({ max: 3 }), quantity: fc.integer({ min: 1, max: 4 }) }),
  { minLength: 1, maxLength: 3, selector: ({ line }) => line },
)
const command = fc.oneof(
  // n.b. mostly what succeeds, or few histories would get past the checkout
  { weight: 8, arbitrary: fc.record({ kind: fc.constant('answer' as const), choice: fc.constant(0) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('answer' as const), choice: fc.nat({ max: 3 }) }) },
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant('refund' as const), items: fc.option(items, { freq: 6 }) }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constantFrom('ship' as const, 'deliver' as const) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constantFrom('cancel' as const, 'giveUp' as const, 'late' as const) }),
  },
)
const prices = fc.array(
  fc.record({ unitPriceMinor: fc.nat({ max: 10_000 }), quantity: fc.integer({ min: 1, max: 3 }) }),
  { minLength: 1, maxLength: 3 },
)

type Command = typeof command extends fc.Arbitrary<infer T> ? T : never
/** An order as far as it has come, and what has happened. */
export type Story = {
  readonly order: Order
  readonly events: readonly OrderEvent[]
  /** The units and the amounts that refunds have returned. */
  readonly refunded: readonly Units[]
  readonly returnedMinor: number
}

/** What a command or an answer makes of the order. */
export const act = (
  story: Story,
  lines: readonly OrderLine[],
  command: Command,
  index: number,
): RefundRefusal | ReturnType<typeof applyResult> => {
  const { order, refunded } = story
  const now = new Date(index + 1)
  switch (command.kind) {
    case 'answer': {
      const step = nextStep(order)
      if (step === null) return { kind: 'unchanged', order }
      const known: readonly StepResult[] = answers[step]
      const answer = known[command.choice] ?? known[0]
      return answer === undefined ? { kind: 'unchanged', order } : applyResult(order, answer, now)
    }
    case 'late':
      return applyResult(order, { step: 'CAPTURE_PAYMENT', kind: 'captured' }, now)
    case 'giveUp':
      return giveUp(order, now)
    case 'ship':
      return shipOrder(order, { tracking, actor }, now)
    case 'deliver':
      return deliverOrder(order, { actor }, now)
    case 'cancel':
      return cancelOrder(order, { reason: null, actor }, now)
    case 'refund': {
      const request: RefundRequest = {
        id: `r${index}`,
        items: command.items?.map(({ line, quantity }) => ({ productId: `p${line}`, quantity })) ?? null,
        reason: null,
        actor,
      }
      return requestRefund(order, lines, refunded, request)
    }
    default:
      return command satisfies never
  }
}

const tell = (story: Story, lines: readonly OrderLine[], command: Command, index: number): Story => {
  const transition = act(story, lines, command, index)
  if (transition.kind !== 'changed') return story
  const { pendingRefund } = story.order
  const isSettled = transition.events.some(({ kind }) => kind === 'refunded')
  return {
    order: transition.order,
    events: [...story.events, ...transition.events],
    refunded: isSettled ? [...story.refunded, ...(pendingRefund?.lines ?? [])] : story.refunded,
    returnedMinor: story.returnedMinor + (isSettled ? (pendingRefund?.amountMinor ?? 0) : 0),
  }
}

/** What may come to an order: prices of its lines, then commands and answers in any order. */
export const histories = fc.record({ prices, commands: fc.array(command, { maxLength: 40 }) })

/** Plays a history: the order at its start and after each command. */
export const play = ({
  prices,
  commands,
}: {
  readonly prices: readonly Pick<OrderLine, 'unitPriceMinor' | 'quantity'>[]
  readonly commands: readonly Command[]
}) => {
  const lines = prices.map((price, index) => ({
    ...price,
    productId: `p${index}`,
    productName: 'Thing',
    sku: `P${index}`,
  }))
  const amountMinor = lines.reduce((sum, line) => sum + line.unitPriceMinor * line.quantity, 0)
  const placed = placeOrder(
    {
      id: 'o',
      number: '100001',
      customerId: 'c',
      total: { amountMinor, currency: 'EUR' },
      paymentMethod: 'pm_card_visa',
    },
    new Date(0),
  )
  const start: Story = { ...placed, refunded: [], returnedMinor: 0 }
  const stories = [start]
  for (const [index, command] of commands.entries()) {
    stories.push(tell(stories.at(-1) ?? start, lines, command, index))
  }
  return { lines, stories }
}
