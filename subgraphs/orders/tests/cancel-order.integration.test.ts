import { uuidv7 } from '@supergraph/runtime/uuid.ts'
import { describe, expect, it, vi } from 'vitest'
import { command, orderAs } from './changing.ts'
import { anonymous, customer, staff, startOrdersUnderTest } from './orders-under-test.ts'
import { cancel, placed } from './placing.ts'

const orders = await startOrdersUnderTest()
const { products, payments } = orders
const owner = customer()
const placeOne = async () => {
  const productId = products.add({ sku: `MUG-${uuidv7()}`, priceMinor: 1_800, available: 5 })
  return { productId, ...(await placed(orders, owner, [{ productId, quantity: 3 }])) }
}

describe('cancelling an order', () => {
  it('returns its stock and its payment once, tells why, and changes nothing the second time', async () => {
    const { id, productId } = await placeOne()
    const first = await cancel(orders, owner, id, ' Changed my mind ')
    expect(first).toMatchObject({
      __typename: 'CancelOrderSuccess',
      order: {
        status: 'CANCELLED',
        version: 3,
        timeline: [
          { status: 'PENDING', reason: null },
          { status: 'CONFIRMED', reason: null },
          { status: 'CANCELLED', reason: 'Changed my mind' },
        ],
      },
    })
    expect(products.available(productId)).toBe(5)
    expect(payments.heldMinor(id)).toBe(0)
    expect(await cancel(orders, owner, id, 'again')).toEqual(first)
    expect(payments.charge(id)?.refundedMinor).toBe(5_400)
    await vi.waitFor(
      () =>
        expect(orders.events(id)).toMatchObject([
          { type: 'order.placed', version: 1 },
          { type: 'order.confirmed', version: 2 },
          { type: 'order.cancelled', version: 3, data: { reason: 'Changed my mind' } },
        ]),
      { timeout: 60_000 },
    )
  })

  it('has one effect when many cancel at once', async () => {
    const { id, productId } = await placeOne()
    const answers = await Promise.all(Array.from({ length: 10 }, () => cancel(orders, owner, id)))
    expect(new Set(answers.map(({ order }) => `${order?.status} ${order?.version}`))).toEqual(
      new Set(['CANCELLED 3']),
    )
    expect(products.available(productId)).toBe(5)
  })

  it('is open to staff', async () => {
    const { id } = await placeOne()
    expect((await cancel(orders, staff, id)).order?.status).toBe('CANCELLED')
  })

  it("answers alike for another customer's order, an unknown one and no id at all", async () => {
    const { id, productId } = await placeOne()
    const stranger = customer()
    const foreign = await cancel(orders, stranger, id)
    expect(foreign.__typename).toBe('OrderNotFound')
    expect(await cancel(orders, stranger, uuidv7())).toEqual(foreign)
    expect(await cancel(orders, stranger, 'no id')).toEqual(foreign)
    expect(products.available(productId)).toBe(2)
  })

  it('shows that its payment was returned, and who cancelled it', async () => {
    const { id, owner, totalMinor } = await orderAs(orders, 'CONFIRMED')
    const { order } = await command(orders, owner, 'cancel', id)
    expect(order).toMatchObject({
      payment: {
        status: 'REFUNDED',
        refunded: { amountMinor: totalMinor },
        refunds: [{ status: 'SUCCEEDED', amount: { amountMinor: totalMinor } }],
      },
    })
    expect(order?.timeline.at(-1)).toMatchObject({ status: 'CANCELLED', actor: 'CUSTOMER' })
    const other = await orderAs(orders, 'CONFIRMED')
    const byStaff = await command(orders, staff, 'cancel', other.id)
    expect(byStaff.order?.timeline.at(-1)).toMatchObject({ actor: 'STAFF', by: { id: staff.id } })
  })

  it('returns what an earlier refund has left of the payment', async () => {
    const { id, pen, mug, totalMinor } = await orderAs(orders, 'CONFIRMED')
    await command(orders, staff, 'refund', id, { items: [{ productId: pen, quantity: 1 }] })
    const { order } = await command(orders, staff, 'cancel', id)
    expect(order).toMatchObject({
      status: 'CANCELLED',
      payment: {
        status: 'REFUNDED',
        refunded: { amountMinor: totalMinor },
        refunds: [{ amount: { amountMinor: 333 } }, { amount: { amountMinor: totalMinor - 333 } }],
      },
    })
    expect(payments.charge(id)?.refundedMinor).toBe(totalMinor)
    expect([products.available(mug), products.available(pen)]).toEqual([5, 5])
  })

  it('returns everything though a refund is under way, each cent once', async () => {
    const { id, pen, totalMinor } = await orderAs(orders, 'CONFIRMED')
    payments.behave({ refund: 'loseAnswer' })
    const items = [{ productId: pen, quantity: 1 }]
    expect((await command(orders, staff, 'refund', id, { items })).refund?.status).toBe('PENDING')
    payments.behave({})
    expect((await command(orders, staff, 'cancel', id)).order?.status).toBe('CANCELLED')
    await vi.waitFor(
      async () => {
        const rows = await orders.sql(
          `select step, payment_state, stock_state, refunded_minor::int from orders where id = $1`,
          [id],
        )
        expect(rows).toEqual([
          { step: null, payment_state: 'REFUNDED', stock_state: 'RETURNED', refunded_minor: totalMinor },
        ])
      },
      { timeout: 60_000 },
    )
    const refunds = await orders.sql('select state, amount_minor::int from refunds where order_id = $1', [id])
    expect(refunds).toHaveLength(2)
    expect(payments.charge(id)?.refundedMinor).toBe(totalMinor)
  })

  it('calls off an order whose payment is not made yet: nothing stays reserved or charged', async () => {
    const { promise, resolve } = Promise.withResolvers<void>()
    payments.behave({ authorize: { answerAfter: promise } })
    const viewer = customer()
    const productId = products.add({ sku: uuidv7(), priceMinor: 500, available: 5 })
    const placing = placed(orders, viewer, [{ productId, quantity: 2 }])
    const id = await vi.waitFor(
      async () => {
        const [row] = await orders.sql<{ id: string; step: string }>(
          'select id, step from orders where customer_id = $1',
          [viewer.id],
        )
        expect(row?.step).toBe('AUTHORIZE_PAYMENT')
        return row?.id ?? ''
      },
      { timeout: 60_000 },
    )
    payments.behave({})
    expect((await command(orders, viewer, 'cancel', id)).order).toMatchObject({
      status: 'CANCELLED',
      version: 2,
      payment: { status: 'VOIDED' },
    })
    resolve()
    expect((await placing).status).toBe('CANCELLED')
    expect(payments.heldMinor(id)).toBe(0)
    expect(products.available(productId)).toBe(5)
  })

  it('under a key gives the same answer again, and refuses the key for anything else', async () => {
    const { id, owner } = await orderAs(orders, 'CONFIRMED')
    const input = { idempotencyKey: uuidv7(), reason: 'changed my mind' }
    const first = await command(orders, owner, 'cancel', id, input)
    expect(await command(orders, owner, 'cancel', id, input)).toEqual(first)
    const reused = { __typename: 'IdempotencyKeyReused' }
    expect(await command(orders, owner, 'cancel', id, { ...input, reason: 'other' })).toMatchObject(reused)
    const again = await placed(orders, owner, [
      { productId: products.add({ sku: uuidv7(), priceMinor: 100, available: 1 }), quantity: 1 },
    ])
    expect(await command(orders, owner, 'cancel', again.id, input)).toMatchObject(reused)
    // n.b. keys are each user's own
    expect(await command(orders, staff, 'cancel', again.id, input)).toMatchObject({
      order: { status: 'CANCELLED' },
    })
  })

  it.each([
    ['x'.repeat(501), 'at most 500 characters'],
    ['nul \u0000', 'must not hold the character U+0000'],
    ['half \ud800 pair', 'must not hold half a surrogate pair'],
  ])('refuses the reason %j, and says why', async (reason, why) => {
    const { id } = await placeOne()
    const refusal = cancel(orders, owner, id, reason)
    await expect(refusal).rejects.toThrow('BAD_USER_INPUT')
    await expect(refusal).rejects.toThrow(why)
  })

  it('is for users alone', async () => {
    const { id } = await placeOne()
    await expect(cancel(orders, anonymous, id)).rejects.toThrow('UNAUTHENTICATED')
    await expect(
      cancel(orders, { kind: 'service', name: 'orders', scopes: ['stock:reserve'] }, id),
    ).rejects.toThrow('UNAUTHENTICATED')
  })
})
