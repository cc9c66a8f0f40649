import { uuidv7 } from '@supergraph/runtime/uuid.ts'
import { describe, expect, it, vi } from 'vitest'
import { command, orderAs } from './changing.ts'
import { customer, staff, startOrdersUnderTest } from './orders-under-test.ts'
import { createPaymentsStandIn } from './payments-stand-in.ts'
import { place, placed } from './placing.ts'

const provider = createPaymentsStandIn()
let refusal: string | undefined
const orders = await startOrdersUnderTest(
  {},
  {
    payments: {
      ...provider.payments,
      refund: refund =>
        refusal === undefined
          ? provider.payments.refund(refund)
          : Promise.resolve({ kind: 'failed', reason: refusal }),
    },
  },
)
const refundsOf = (orderId: string) =>
  orders.sql<{ state: string; amount_minor: number }>(
    'select state, amount_minor::int from refunds where order_id = $1 order by requested_at',
    [orderId],
  )

describe('a refund', () => {
  it('returns lines one after the other up to the last cent, and closes the order with it', async () => {
    const { id, mug, pen, totalMinor } = await orderAs(orders, 'DELIVERED')
    const refund = (items: readonly object[]) =>
      command(orders, staff, 'refund', id, { items, reason: 'broken' })
    const once = { productId: mug, quantity: 1 }
    expect(await refund([once, once, { productId: uuidv7(), quantity: 1 }])).toMatchObject({
      __typename: 'InvalidOrder',
      field: 'items.2.productId',
    })
    const first = await refund([{ productId: mug, quantity: 2 }])
    expect(first).toMatchObject({
      __typename: 'RefundOrderSuccess',
      refund: { status: 'SUCCEEDED', amount: { amountMinor: 3_602, currency: 'EUR' }, reason: 'broken' },
      order: {
        status: 'DELIVERED',
        version: 5,
        payment: { status: 'PARTIALLY_REFUNDED', refunded: { amountMinor: 3_602 } },
      },
    })
    expect(await refund([{ productId: mug, quantity: 2 }])).toMatchObject({
      __typename: 'InvalidOrder',
      field: 'items.0.quantity',
    })
    const last = await refund([
      { productId: pen, quantity: 1 },
      { productId: mug, quantity: 1 },
    ])
    expect(last).toMatchObject({
      refund: { amount: { amountMinor: totalMinor - 3_602 } },
      order: {
        status: 'REFUNDED',
        version: 6,
        payment: { status: 'REFUNDED', refunded: { amountMinor: totalMinor }, refunds: [{}, {}] },
      },
    })
    expect(last.order?.timeline.slice(-2)).toMatchObject([
      { status: 'DELIVERED', reason: 'broken', actor: 'STAFF', by: { id: staff.id } },
      { status: 'REFUNDED', reason: 'broken', actor: 'STAFF', by: { id: staff.id } },
    ])
    expect(provider.heldMinor(id)).toBe(0)
    expect(orders.products.available(mug)).toBe(2)
    await vi.waitFor(
      () =>
        expect(orders.events(id).slice(4)).toMatchObject([
          {
            type: 'order.refunded',
            version: 5,
            data: {
              amount: { amountMinor: 3_602 },
              isFull: false,
              items: [{ productId: mug, quantity: 2 }],
              reason: 'broken',
            },
          },
          { type: 'order.refunded', version: 6, data: { isFull: true } },
        ]),
      { timeout: 60_000 },
    )
  })

  it('without items returns what is left', async () => {
    const { id, pen, totalMinor } = await orderAs(orders, 'CONFIRMED')
    await command(orders, staff, 'refund', id, { items: [{ productId: pen, quantity: 1 }] })
    expect(await command(orders, staff, 'refund', id)).toMatchObject({
      refund: { amount: { amountMinor: totalMinor - 333 } },
      order: { status: 'REFUNDED', payment: { refunded: { amountMinor: totalMinor } } },
    })
  })

  it('happens once for a key: the same input gives the same refund, another one or another operation none', async () => {
    const { id, pen, mug } = await orderAs(orders, 'DELIVERED')
    const input = { idempotencyKey: uuidv7(), items: [{ productId: pen, quantity: 1 }], reason: 'torn' }
    const first = await command(orders, staff, 'refund', id, input)
    expect(first.refund?.status).toBe('SUCCEEDED')
    expect((await command(orders, staff, 'refund', id, input)).refund).toEqual(first.refund)
    const other = { ...input, items: [{ productId: mug, quantity: 1 }] }
    const reused = { __typename: 'IdempotencyKeyReused' }
    expect(await command(orders, staff, 'refund', id, other)).toMatchObject(reused)
    const elsewhere = await orderAs(orders, 'CONFIRMED')
    expect(await command(orders, staff, 'refund', elsewhere.id, input)).toMatchObject(reused)
    const { idempotencyKey } = input
    expect(await command(orders, staff, 'cancel', elsewhere.id, { idempotencyKey })).toMatchObject(reused)
    const items = [{ productId: mug, quantity: 1 }]
    expect(await place(orders, staff, items, { idempotencyKey })).toMatchObject(reused)
    expect(await refundsOf(id)).toEqual([{ state: 'SUCCEEDED', amount_minor: 333 }])
  })

  it('happens once when the same request comes ten times at once', async () => {
    const { id } = await orderAs(orders, 'DELIVERED')
    const idempotencyKey = uuidv7()
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => command(orders, staff, 'refund', id, { idempotencyKey })),
    )
    const refunds = new Set(answers.map(({ refund }) => `${refund?.status} ${refund?.id}`))
    expect([...refunds]).toEqual([expect.stringMatching(/^SUCCEEDED /)])
    expect(await refundsOf(id)).toHaveLength(1)
    expect(provider.charge(id)?.refundIds).toHaveLength(1)
  })

  it('is one at a time: the other keeps its key and works later', async () => {
    const { id, pen, totalMinor } = await orderAs(orders, 'DELIVERED')
    const { promise, resolve } = Promise.withResolvers<void>()
    provider.behave({ refund: { actAfter: promise } })
    const calls = provider.calls('refund')
    const first = command(orders, staff, 'refund', id, { items: [{ productId: pen, quantity: 1 }] })
    await vi.waitFor(() => expect(provider.calls('refund')).toBe(calls + 1), { timeout: 60_000 })
    const idempotencyKey = uuidv7()
    expect(await command(orders, staff, 'refund', id, { idempotencyKey })).toMatchObject({
      __typename: 'TryAgain',
    })
    provider.behave({})
    resolve()
    expect((await first).refund?.status).toBe('SUCCEEDED')
    expect(await command(orders, staff, 'refund', id, { idempotencyKey })).toMatchObject({
      refund: { status: 'SUCCEEDED', amount: { amountMinor: totalMinor - 333 } },
    })
  })

  it.each([
    'loseAnswer',
    'refuse',
  ] as const)('that got no answer (%s) is PENDING, and is made once later', async how => {
    const { id, totalMinor } = await orderAs(orders, 'DELIVERED')
    provider.behave({ refund: how })
    const idempotencyKey = uuidv7()
    const pending = await command(orders, staff, 'refund', id, { idempotencyKey })
    expect(pending).toMatchObject({
      __typename: 'RefundOrderSuccess',
      refund: { status: 'PENDING' },
      order: { status: 'DELIVERED', version: 4, payment: { status: 'CAPTURED' } },
    })
    provider.behave({})
    await vi.waitFor(
      async () => expect(await refundsOf(id)).toEqual([{ state: 'SUCCEEDED', amount_minor: totalMinor }]),
      { timeout: 60_000 },
    )
    expect(provider.charge(id)).toMatchObject({ refundedMinor: totalMinor, refundIds: [pending.refund?.id] })
    expect(await command(orders, staff, 'refund', id, { idempotencyKey })).toMatchObject({
      refund: { id: pending.refund?.id, status: 'SUCCEEDED' },
      order: { status: 'REFUNDED', version: 5 },
    })
  })

  it('that the provider refuses returns nothing, says so again, and may be asked for anew', async () => {
    const { id, totalMinor } = await orderAs(orders, 'DELIVERED')
    const idempotencyKey = uuidv7()
    refusal = 'expired_or_canceled_card'
    const refused = await command(orders, staff, 'refund', id, { idempotencyKey })
    refusal = undefined
    expect(refused).toMatchObject({ __typename: 'RefundDeclined', reason: 'expired_or_canceled_card' })
    expect(await command(orders, staff, 'refund', id, { idempotencyKey })).toEqual(refused)
    const { order } = await command(orders, staff, 'refund', id)
    expect(order).toMatchObject({
      status: 'REFUNDED',
      payment: {
        refunded: { amountMinor: totalMinor },
        refunds: [{ status: 'FAILED' }, { status: 'SUCCEEDED' }],
      },
    })
  })

  it('that the provider can not return exactly is refused by name, and the rest can be refunded', async () => {
    const productId = orders.products.add({ sku: uuidv7(), priceMinor: 625, currency: 'KWD', available: 4 })
    const { id } = await placed(orders, customer(), [{ productId, quantity: 4 }])
    const refund = (quantity: number, idempotencyKey = uuidv7()) =>
      command(orders, staff, 'refund', id, { items: [{ productId, quantity }], idempotencyKey })
    const key = uuidv7()
    const refused = await refund(1, key)
    expect({ ...refused, message: String(refused.message).replaceAll('\u00a0', ' ') }).toEqual({
      __typename: 'InvalidOrder',
      field: 'items',
      message:
        "KWD 0.625 can't be returned exactly: refunds go in steps of KWD 0.010. Refund other quantities, or all that is left.",
    })
    expect(await refundsOf(id)).toEqual([])
    expect(await refund(2, key)).toMatchObject({
      refund: { status: 'SUCCEEDED', amount: { amountMinor: 1_250 } },
    })
    expect(await refund(1)).toMatchObject({ __typename: 'InvalidOrder' })
    expect(await command(orders, staff, 'refund', id)).toMatchObject({
      refund: { amount: { amountMinor: 1_250, currency: 'KWD' } },
      order: { status: 'REFUNDED' },
    })
  })

  it('of an order that cost nothing is refused', async () => {
    const productId = orders.products.add({ sku: uuidv7(), priceMinor: 0, available: 1 })
    const { id } = await placed(orders, customer(), [{ productId, quantity: 1 }])
    expect(await command(orders, staff, 'refund', id)).toMatchObject({
      __typename: 'InvalidOrder',
      field: 'orderId',
    })
  })
})

describe('idempotency keys', () => {
  it('are kept for a week, and forgotten after it', async () => {
    const { id, pen, mug } = await orderAs(orders, 'DELIVERED')
    const [young, old] = [uuidv7(), uuidv7()]
    const refund = (idempotencyKey: string, productId: string) =>
      command(orders, staff, 'refund', id, { idempotencyKey, items: [{ productId, quantity: 1 }] })
    await refund(young, pen)
    await refund(old, mug)
    const age = 'update idempotency_keys set created_at = now() - make_interval(hours => $2) where key = $1'
    await orders.sql(age, [young, 7 * 24 - 1])
    await orders.sql(age, [old, 7 * 24 + 1])
    await orders.start()
    await vi.waitFor(
      async () => {
        const known = await orders.sql('select key from idempotency_keys where key in ($1, $2)', [young, old])
        expect(known).toEqual([{ key: young }])
      },
      { timeout: 60_000 },
    )
  })
})
