import { startTestSimulator } from '@supergraph/payment-simulator/tests/simulator-under-test.ts'
import { uuidv7 } from '@supergraph/runtime/uuid.ts'
import { afterAll, describe, expect, it, vi } from 'vitest'
import { customer, startOrdersUnderTest } from './orders-under-test.ts'
import { cancel, place } from './placing.ts'

const simulator = await startTestSimulator()
afterAll(simulator.stop)
const orders = await startOrdersUnderTest(
  { STRIPE_API_URL: simulator.url, STRIPE_API_KEY: simulator.apiKey },
  { payments: undefined },
)
const { products } = orders

type Row = {
  readonly id: string
  readonly status: string
  readonly total: number
  readonly refunded: number
  readonly refunds: number
  readonly events: readonly number[]
}
const readOrders = () =>
  orders.sql<Row>(
    `select id, status, total_minor::int as total, refunded_minor::int as refunded,
       (select coalesce(sum(amount_minor), 0)::int from refunds
        where order_id = orders.id and state = 'SUCCEEDED') as refunds,
       (select array_agg((envelope ->> 'version')::int order by id)
        from outbox where aggregate_id = orders.id::text) as events
     from orders order by id`,
  )
const readPayments = async () => {
  const rows = await simulator.query<{ orderId: string; status: string; charged: number; returned: number }>(
    `select order_id as "orderId", status, amount_received::int as charged, amount_refunded::int as returned
     from payment_intents where status in ('requires_capture', 'succeeded')`,
  )
  return Map.groupBy(rows, ({ orderId }) => orderId)
}

const stockFaults = [
  ['reserveStock', 'loseAnswer'],
  ['reserveStock', 'tooLate'],
  ['commitStock', 'loseAnswer'],
  ['commitStock', 'refuse'],
  ['releaseStock', 'loseAnswer'],
] as const
/** Enough for all: of what is sold out, no stock is reserved, committed or released. */
const units = stockFaults.length * 12
const methods = ['pm_card_visa', 'pm_card_visa', 'pm_card_visa_chargeDeclinedInsufficientFunds'] as const

/** A customer who repeats the request as long as that is the answer, and calls some orders off. */
const shop = async (productId: string, index: number): Promise<void> => {
  const viewer = customer()
  const paymentMethod = methods[index % methods.length] ?? 'pm_card_visa'
  const choice = { paymentMethod, idempotencyKey: 'mine', waitMs: 2_000 }
  const answer = await vi.waitFor(
    async () => {
      const answer = await place(orders, viewer, [{ productId, quantity: 1 }], choice)
      expect(answer.__typename).not.toBe('TryAgain')
      return answer
    },
    { timeout: 60_000, interval: 200 },
  )
  if (answer.order !== undefined && index % 4 === 0) await cancel(orders, viewer, answer.order.id)
}

describe('checkouts while products and the payment provider fail at random', () => {
  it('end with books that agree: orders, stock, payments, refunds and events', {
    timeout: 120_000,
  }, async () => {
    const productId = products.add({ sku: `MUG-${uuidv7()}`, priceMinor: 1_800, available: units })
    const kinds = ['error', 'lostAnswer'] as const
    await simulator.setFaults(...kinds.map(kind => ({ operation: 'any', kind, probability: 0.1 }) as const))
    for (const [operation, behaviour] of stockFaults) {
      const before = products.calls(operation)
      products.behave({ [operation]: behaviour })
      const shopping = Promise.all(Array.from({ length: 12 }, (_, index) => shop(productId, index)))
      await vi.waitFor(() => expect(products.calls(operation)).toBeGreaterThan(before + 1), {
        timeout: 60_000,
      })
      products.behave({})
      await shopping
    }
    await simulator.setFaults()
    await vi.waitFor(
      async () => {
        const left = await orders.sql('select id, step from orders where step is not null')
        expect(left).toEqual([])
      },
      { timeout: 60_000, interval: 250 },
    )

    const rows = await readOrders()
    const payments = await readPayments()
    for (const { id, status, total, refunded, refunds, events } of rows) {
      const held = payments.get(id) ?? []
      const [charged, returned] = [held[0]?.charged ?? 0, held[0]?.returned ?? 0]
      expect(['CONFIRMED', 'REJECTED', 'CANCELLED']).toContain(status)
      expect(held.length).toBeLessThanOrEqual(1)
      expect(held.filter(payment => payment.status === 'requires_capture')).toEqual([])
      expect(charged - returned).toBe(status === 'CONFIRMED' ? total : 0)
      expect([refunded, refunds]).toEqual([returned, returned])
      expect(events).toEqual(events.map((_, index) => index + 1))
      expect(products.reservation(id) === 'COMMITTED').toBe(status === 'CONFIRMED')
      expect(products.reservation(id)).not.toBe('RESERVED')
    }
    const confirmed = rows.filter(({ status }) => status === 'CONFIRMED').length
    expect(rows.length).toBeGreaterThanOrEqual(stockFaults.length * 12)
    expect(confirmed).toBeGreaterThan(0)
    expect(products.available(productId)).toBe(units - confirmed)
  })
})
