import { uuidv7 } from '@supergraph/runtime/uuid.ts'
import { describe, expect, it, vi } from 'vitest'
import { anonymous, customer, staff, startOrdersUnderTest } from './orders-under-test.ts'
import { cancel, placed } from './placing.ts'

const orders = await startOrdersUnderTest()
const { products } = orders
const owner = customer()
const placeOne = async () => {
  const productId = products.add({ sku: `MUG-${uuidv7()}`, priceMinor: 1_800, available: 5 })
  return { productId, ...(await placed(orders, owner, [{ productId, quantity: 3 }])) }
}

describe('cancelling an order', () => {
  it('returns its stock once, tells why, and changes nothing the second time', async () => {
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
    expect(await cancel(orders, owner, id, 'again')).toEqual(first)
    await vi.waitFor(
      () =>
        expect(orders.events(id)).toMatchObject([
          { type: 'order.placed', version: 1 },
          { type: 'order.confirmed', version: 2 },
          { type: 'order.cancelled', version: 3, data: { reason: 'Changed my mind' } },
        ]),
      { timeout: 5_000 },
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

  it.each(['SHIPPED', 'DELIVERED', 'REFUNDED'])('is refused once the order is %s', async status => {
    const { id, productId } = await placeOne()
    await orders.sql('update orders set status = $2 where id = $1', [id, status])
    expect(await cancel(orders, owner, id)).toMatchObject({
      __typename: 'IllegalOrderTransition',
      from: status,
      to: 'CANCELLED',
    })
    expect(products.available(productId)).toBe(2)
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
