import { describe, expect, it } from 'vitest'
import type { Order, OrderLine, OrderRefusal, OrderStatus } from './order.ts'
import { type RefundRequest, requestRefund, type Units } from './refund.ts'

const lines: readonly OrderLine[] = [
  { productId: 'mug', productName: 'Mug', sku: 'MUG', unitPriceMinor: 1_801, quantity: 3 },
  { productId: 'pen', productName: 'Pen', sku: 'PEN', unitPriceMinor: 333, quantity: 1 },
  { productId: 'flyer', productName: 'Flyer', sku: 'FLYER', unitPriceMinor: 0, quantity: 2 },
]
const totalMinor = 3 * 1_801 + 333
const refusal: OrderRefusal = { kind: 'Unavailable' }

const orderWith = (status: OrderStatus, refundedMinor = 0): Order => {
  const facts = {
    id: 'o',
    number: '100001',
    customerId: 'c',
    total: { amountMinor: totalMinor, currency: 'EUR' },
    placedAt: new Date(0),
    version: 4,
    stock: 'COMMITTED',
    payment: {
      state: 'CAPTURED',
      method: 'pm_card_visa',
      id: 'pi_1',
      refundedMinor,
      action: null,
      waitsUntil: null,
    },
    tracking: null,
    pendingRefund: null,
  } as const
  return status === 'REJECTED' ? { ...facts, status, refusal } : { ...facts, status, refusal: null }
}
const request = (items: readonly Units[] | null): RefundRequest => ({
  id: 'r',
  items,
  reason: 'broken',
  actor: { kind: 'STAFF', userId: 's' },
})
const refund = (items: readonly Units[] | null, refunded: readonly Units[] = [], refundedMinor = 0) =>
  requestRefund(orderWith('DELIVERED', refundedMinor), lines, refunded, request(items))
const amountOf = (transition: ReturnType<typeof refund>) =>
  transition.kind === 'changed' ? transition.order.pendingRefund?.amountMinor : transition

describe('a refund', () => {
  it.each(['CONFIRMED', 'SHIPPED', 'DELIVERED'] as const)('is granted for a %s order', status => {
    expect(requestRefund(orderWith(status), lines, [], request(null))).toMatchObject({
      kind: 'changed',
      order: {
        status,
        version: 4,
        pendingRefund: { id: 'r', amountMinor: totalMinor, lines: [], reason: 'broken' },
      },
      events: [],
    })
  })

  it.each(['PENDING', 'REJECTED', 'CANCELLED', 'REFUNDED'] as const)('is illegal for a %s order', status => {
    expect(requestRefund(orderWith(status), lines, [], request(null))).toEqual({
      kind: 'illegal',
      from: status,
      to: 'REFUNDED',
    })
  })

  it('is of what the units cost, or of all that is left', () => {
    expect(amountOf(refund([{ productId: 'mug', quantity: 2 }]))).toBe(3_602)
    expect(amountOf(refund(null, [{ productId: 'mug', quantity: 2 }], 3_602))).toBe(totalMinor - 3_602)
  })

  it('adds up the lines of a product, and has products in the order of their ids', () => {
    const line = { productId: 'mug', quantity: 1 }
    const twice = refund([line, { productId: 'flyer', quantity: 1 }, line])
    expect(amountOf(twice)).toBe(3_602)
    expect(twice).toMatchObject({
      order: {
        pendingRefund: {
          lines: [
            { productId: 'flyer', quantity: 1 },
            { productId: 'mug', quantity: 2 },
          ],
        },
      },
    })
  })

  it('of the last units takes exactly what is left', () => {
    const earlier = [{ productId: 'mug', quantity: 2 }]
    const rest = [
      { productId: 'pen', quantity: 1 },
      { productId: 'mug', quantity: 1 },
      { productId: 'flyer', quantity: 1 },
      { productId: 'flyer', quantity: 1 },
    ]
    expect(amountOf(refund(rest, earlier, 3_602))).toBe(totalMinor - 3_602)
  })

  it.each([
    [[{ productId: 'mug', quantity: 4 }], { kind: 'tooManyUnits', index: 0, most: 1 }],
    [
      [
        { productId: 'pen', quantity: 1 },
        { productId: 'mug', quantity: 2 },
      ],
      { kind: 'tooManyUnits', index: 1, most: 1 },
    ],
    [
      [
        { productId: 'pen', quantity: 1 },
        { productId: 'mug', quantity: 1 },
        { productId: 'mug', quantity: 1 },
      ],
      { kind: 'tooManyUnits', index: 2, most: 1 },
    ],
    [[{ productId: 'pot', quantity: 1 }], { kind: 'notOrdered', index: 0 }],
    [
      [
        { productId: 'flyer', quantity: 1 },
        { productId: 'flyer', quantity: 1 },
        { productId: 'pot', quantity: 1 },
      ],
      { kind: 'notOrdered', index: 2 },
    ],
    [[{ productId: 'flyer', quantity: 1 }], { kind: 'freeOfCharge' }],
  ])('of %j is refused: not ordered, refunded before or free of charge', (items, refusal) => {
    expect(refund(items, [{ productId: 'mug', quantity: 2 }], 3_602)).toEqual(refusal)
  })

  it('waits for the one that is pending', () => {
    const first = refund([{ productId: 'pen', quantity: 1 }])
    if (first.kind !== 'changed') throw new Error(first.kind)
    expect(requestRefund(first.order, lines, [], request(null))).toEqual({ kind: 'busy' })
  })

  it('of an order that cost nothing is refused', () => {
    const free: Order = { ...orderWith('DELIVERED'), total: { amountMinor: 0, currency: 'EUR' } }
    expect(requestRefund(free, [], [], request(null))).toEqual({ kind: 'nothingPaid' })
  })
})
