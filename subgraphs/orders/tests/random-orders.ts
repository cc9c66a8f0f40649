import { bigint } from '@supergraph/postgres/bigint.ts'
import { rows } from '@supergraph/postgres/statements.ts'
import { uuidv7 } from '@supergraph/runtime/uuid.ts'
import fc from 'fast-check'
import type { DataSource } from 'typeorm'
import { z } from 'zod'
import { createOrderStore } from '../database/order-store.ts'
import type { DueStep, Saved } from '../database/stored-order.ts'
import type { Step, StepResult } from '../domain/next-step.ts'
import {
  type Actor,
  cancelOrder,
  deliverOrder,
  type Order,
  type OrderLine,
  shipOrder,
} from '../domain/order.ts'
import { requestRefund } from '../domain/refund.ts'
import type { ProviderRefund } from '../domain/settlement.ts'
import { address } from './orders-under-test.ts'

const quantity = fc.integer({ min: 1, max: 4 })
const command = fc.oneof(
  // n.b. mostly what goes on, or few orders would get past the checkout
  { weight: 6, arbitrary: fc.constant({ kind: 'goOn' } as const) },
  { weight: 1, arbitrary: fc.constantFrom({ kind: 'fail' } as const, { kind: 'cancel' } as const) },
  { weight: 4, arbitrary: fc.constantFrom({ kind: 'ship' } as const, { kind: 'deliver' } as const) },
  { weight: 2, arbitrary: fc.constant({ kind: 'sendRefundsBack' } as const) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('refund' as const),
      units: fc.option(
        fc.uniqueArray(fc.record({ line: fc.nat(2), quantity }), {
          minLength: 1,
          maxLength: 2,
          selector: ({ line }) => line,
        }),
        { freq: 5 },
      ),
    }),
  },
)
const history = fc.record({
  lines: fc.array(fc.record({ unitPriceMinor: fc.nat(10_000), quantity }), { minLength: 1, maxLength: 3 }),
  currency: fc.constantFrom('EUR', 'GBP'),
  commands: fc.array(command, { minLength: 4, maxLength: 24 }),
})

type Command = typeof command extends fc.Arbitrary<infer T> ? T : never

const staff: Actor = { kind: 'STAFF', userId: uuidv7() }
const action = { clientSecret: 'pi_1_secret', redirectUrl: null }
const hourMs = 3_600_000

/** Takes `count` orders of these products through random histories, hours after one another, in the orders database. */
export const playRandomOrders = async (
  database: DataSource,
  productIds: readonly string[],
  count: number,
): Promise<void> => {
  const store = createOrderStore(database)
  for (const [index, { lines, currency, commands }] of fc.sample(history, count).entries()) {
    const startMs = Date.UTC(2026, 0, 1) + index * hourMs
    const ordered = lines.map((line, position) =>
      toLine(productIds[(index + position) % productIds.length], line),
    )
    const amountMinor = ordered.reduce((sum, line) => sum + line.unitPriceMinor * line.quantity, 0)
    const userId = uuidv7()
    const placed = await store.insert(
      {
        customerId: userId,
        lines: ordered,
        total: { amountMinor, currency },
        shippingAddress: address,
        paymentMethod: 'pm_card_visa',
        key: { userId, key: 'k', operation: 'placeOrder', inputHash: 'h' },
      },
      new Date(startMs),
    )
    if (placed.kind !== 'saved') throw new Error('A new order was not placed.')
    let { order, due } = placed
    for (const [hours, command] of commands.entries()) {
      const now = new Date(startMs + (hours + 1) * 5 * hourMs)
      if (command.kind === 'sendRefundsBack') await sendRefundsBack(database, store, order.id, now)
      else {
        const saved = await obey(store, { order, due }, command, now)
        if (saved !== undefined) ({ order, due } = saved)
      }
    }
  }
}

/** The bank sends the refunds of an order back that has nothing left to do. */
const sendRefundsBack = async (
  { manager }: DataSource,
  store: ReturnType<typeof createOrderStore>,
  orderId: string,
  now: Date,
): Promise<void> => {
  const [order] = await rows(
    manager,
    z.object({ fence: z.int() }),
    `select fence from orders where id = $1 and step is null and status <> 'CANCELLED'`,
    [orderId],
  )
  const made = await rows(manager, z.object({ id: z.string(), amountMinor: bigint }), refundsQuery, [orderId])
  const refunds = made.map(
    ({ id, amountMinor }): ProviderRefund => ({
      ...{ id: `re_${id}`, refundId: id, isOurs: true, amountMinor },
      ...{ state: 'FAILED', failure: 'lost_or_stolen_card' },
    }),
  )
  if (order === undefined) return
  await store.settle({ orderId, fence: order.fence }, { isLost: null, refunds, disputes: null }, now)
}

const refundsQuery = `select id, amount_minor as "amountMinor" from refunds where order_id = $1 and state = 'SUCCEEDED'`

const obey = async (
  store: ReturnType<typeof createOrderStore>,
  { order, due }: Pick<Saved, 'order' | 'due'>,
  command: Exclude<Command, { readonly kind: 'sendRefundsBack' }>,
  now: Date,
): Promise<Saved | undefined> => {
  if (command.kind === 'goOn' || command.kind === 'fail') {
    const next = due ?? (await store.claimWaiting(order.id))
    if (next === undefined) return undefined
    const saved = await store.saveResult(next, resultOf(next, command.kind === 'fail'), now)
    return saved === 'stale' ? undefined : saved
  }
  const saved = await store.update(
    order.id,
    (current, details) => {
      switch (command.kind) {
        case 'ship':
          return shipOrder(current, { tracking: { carrier: null, trackingNumber: 'T1' }, actor: staff }, now)
        case 'deliver':
          return deliverOrder(current, { actor: staff }, now)
        case 'cancel':
          return cancelOrder(current, { reason: null, actor: staff }, now)
        case 'refund': {
          const items = command.units?.flatMap(({ line, quantity }) => {
            const productId = details.lines[line]?.productId
            return productId === undefined ? [] : [{ productId, quantity }]
          })
          const asked = items === undefined || items.length === 0 ? null : items
          const request = { id: uuidv7(), items: asked, reason: 'broken', actor: staff }
          return requestRefund(current, details.lines, details.refunded, request)
        }
        default:
          return command satisfies never
      }
    },
    { now },
  )
  return saved.kind === 'saved' ? saved : undefined
}

const resultOf = ({ step, order }: DueStep, fails: boolean): StepResult =>
  (fails ? failureOf(step) : undefined) ?? successOf(step, order)

const failureOf = (step: Step): StepResult | undefined => {
  switch (step) {
    case 'RESERVE_STOCK':
    case 'COMMIT_STOCK':
      return { step, kind: 'short', shortages: [] }
    case 'AUTHORIZE_PAYMENT':
    case 'AWAIT_PAYMENT':
      return { step, kind: 'declined', reason: 'insufficient_funds', paymentId: null }
    case 'CAPTURE_PAYMENT':
      return { step, kind: 'lapsed' }
    case 'REFUND':
      return { step, kind: 'failed', reason: 'expired_or_canceled_card' }
    default:
      return undefined
  }
}

const successOf = (step: Step, { payment, total }: Order): StepResult => {
  switch (step) {
    case 'RESERVE_STOCK':
      return { step, kind: 'reserved' }
    case 'AUTHORIZE_PAYMENT': {
      const paymentId = `pi_${uuidv7()}`
      const needsCustomer = total.amountMinor % 2 === 1
      return needsCustomer
        ? { step, kind: 'waiting', paymentId, action, until: new Date('2100-01-01') }
        : { step, kind: 'authorized', paymentId }
    }
    case 'AWAIT_PAYMENT':
      return { step, kind: 'authorized', paymentId: payment.id ?? '' }
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

const toLine = (
  productId: string | undefined,
  price: Pick<OrderLine, 'unitPriceMinor' | 'quantity'>,
): OrderLine => {
  if (productId === undefined) throw new Error('An order needs a product.')
  return { ...price, productId, productName: `Thing ${productId.slice(-4)}`, sku: productId.slice(-4) }
}
