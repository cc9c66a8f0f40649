import { isInvalid, parseInput } from '@supergraph/subgraph/input.ts'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { z } from 'zod'
import { hashCancelOrder, hashPlaceOrder, hashRefundOrder } from '../domain/input-hash.ts'
import { cancelOrderInput, placeOrderInput, refundOrderInput, shipOrderInput } from './inputs.ts'

const address = {
  name: 'Ada Lovelace',
  line1: '12 St James’s Square',
  city: 'London',
  postalCode: 'SW1Y 4JH',
  country: 'GB',
}
const valid = {
  idempotencyKey: 'k',
  items: [{ productId: 'a', quantity: 1 }],
  paymentMethod: 'pm_card_visa',
  shippingAddress: address,
}

const parse = <S extends z.ZodType<object>>(shape: S, input: unknown) => {
  const result = parseInput(shape, input)
  if (isInvalid(result)) throw new Error(`${result.field}: ${result.message}`)
  return result
}
const parsed = (input: unknown) => parse(placeOrderInput, input)

describe('the input of an order', () => {
  it.each([
    ['idempotencyKey', { ...valid, idempotencyKey: ' ' }],
    ['idempotencyKey', { ...valid, idempotencyKey: 'k'.repeat(201) }],
    ['items', { ...valid, items: [] }],
    [
      'items',
      { ...valid, items: Array.from({ length: 501 }, (_, n) => ({ productId: `${n}`, quantity: 1 })) },
    ],
    ['items.0.quantity', { ...valid, items: [{ productId: 'a', quantity: 0 }] }],
    ['items.0.quantity', { ...valid, items: [{ productId: 'a', quantity: 100_001 }] }],
    [
      'items.1.quantity',
      {
        ...valid,
        items: [
          { productId: 'a', quantity: 100_000 },
          { productId: 'A', quantity: 1 },
        ],
      },
    ],
    ['paymentMethod', { ...valid, paymentMethod: ' ' }],
    ['paymentMethod', { ...valid, paymentMethod: 'p'.repeat(256) }],
    ['paymentMethod', { ...valid, paymentMethod: 'pm_\u0000' }],
    ['expectedTotalMinor', { ...valid, expectedTotalMinor: -1 }],
    ['expectedTotalMinor', { ...valid, expectedTotalMinor: 1.5 }],
    ['shippingAddress.name', { ...valid, shippingAddress: { ...address, name: 'x'.repeat(101) } }],
    ['shippingAddress.country', { ...valid, shippingAddress: { ...address, country: 'XX' } }],
  ])('names the field %s that is wrong', (field, input) => {
    expect(parseInput(placeOrderInput, input)).toMatchObject({ kind: 'invalidInput', field })
  })

  it('has no second address line if that line is blank', () => {
    const blank = { ...valid, shippingAddress: { ...address, line2: '  ' } }
    expect(parsed(blank).shippingAddress.line2).toBeNull()
  })

  it('adds up lines of the same product', () => {
    const items = [
      { productId: 'a', quantity: 1 },
      { productId: 'b', quantity: 2 },
      { productId: 'A', quantity: 3 },
    ]
    expect(parsed({ ...valid, items }).items).toEqual([
      { productId: 'a', quantity: 4 },
      { productId: 'b', quantity: 2 },
    ])
  })

  it('has one hash, however its lines are ordered or split', () => {
    const items = fc.array(
      fc.record({
        productId: fc.constantFrom('a', 'b', 'c', 'd'),
        quantity: fc.integer({ min: 2, max: 20 }),
      }),
      { minLength: 1, maxLength: 8 },
    )
    fc.assert(
      fc.property(items, items => {
        const split = items.toReversed().flatMap(({ productId, quantity }) => [
          { productId, quantity: 1 },
          { productId, quantity: quantity - 1 },
        ])
        expect(hashPlaceOrder(parsed({ ...valid, items: split }))).toBe(
          hashPlaceOrder(parsed({ ...valid, items })),
        )
      }),
    )
  })

  it('has another hash when anything but the key differs', () => {
    const hashes = [
      valid,
      { ...valid, items: [{ productId: 'a', quantity: 2 }] },
      { ...valid, items: [{ productId: 'b', quantity: 1 }] },
      { ...valid, shippingAddress: { ...address, line2: 'Attic' } },
      { ...valid, paymentMethod: 'pm_card_mastercard' },
      { ...valid, expectedTotalMinor: 0 },
    ].map(input => hashPlaceOrder(parsed(input)))
    expect(new Set(hashes).size).toBe(hashes.length)
    expect(hashPlaceOrder(parsed({ ...valid, idempotencyKey: 'other' }))).toBe(hashes[0])
  })
})

const refund = (more: object = {}) => parse(refundOrderInput, { idempotencyKey: 'k', orderId: 'O', ...more })

describe('a request for a refund', () => {
  it('keeps its lines as they came, but for the case of their ids', () => {
    const items = [
      { productId: 'A', quantity: 1 },
      { productId: 'b', quantity: 2 },
      { productId: 'a', quantity: 3 },
    ]
    expect(refund({ items }).items).toEqual([
      { productId: 'a', quantity: 1 },
      { productId: 'b', quantity: 2 },
      { productId: 'a', quantity: 3 },
    ])
  })

  it('asks for all that is left without items', () => {
    expect(refund()).toEqual({ idempotencyKey: 'k', orderId: 'O', items: null, reason: null })
    expect(refund({ items: null, reason: '  ' })).toEqual(refund())
  })

  it.each([
    [{ idempotencyKey: '' }, 'idempotencyKey'],
    [{ idempotencyKey: 'x'.repeat(201) }, 'idempotencyKey'],
    [{ items: [] }, 'items'],
    [{ items: [{ productId: 'a', quantity: 0 }] }, 'items.0.quantity'],
    [{ items: [{ productId: 'a', quantity: 1.5 }] }, 'items.0.quantity'],
    [{ reason: 'x'.repeat(501) }, 'reason'],
    [{ reason: 'a\0b' }, 'reason'],
    [{ reason: '\ud800' }, 'reason'],
  ])('is refused with its field: %j', (more, field) => {
    expect(parseInput(refundOrderInput, { idempotencyKey: 'k', orderId: 'o', ...more })).toMatchObject({
      kind: 'invalidInput',
      field,
    })
  })

  it('is the same with its items in any order and in more lines, and another one with anything else', () => {
    const [a, b] = [
      { productId: 'a', quantity: 1 },
      { productId: 'b', quantity: 2 },
    ]
    const known = hashRefundOrder(refund({ items: [a, b] }))
    expect(hashRefundOrder(refund({ items: [b, a], idempotencyKey: 'other', orderId: 'o' }))).toBe(known)
    const half = { productId: 'B', quantity: 1 }
    expect(hashRefundOrder(refund({ items: [half, a, half] }))).toBe(known)
    for (const other of [
      { items: [a] },
      {},
      { items: [a, b], reason: 'why' },
      { items: [a, b], orderId: 'p' },
    ]) {
      expect(hashRefundOrder(refund(other))).not.toBe(known)
    }
  })
})

describe('a request to ship', () => {
  it('has a tracking number, and a carrier if the client names one', () => {
    const input = { orderId: 'o', trackingNumber: ' JD 014600 ' }
    expect(parseInput(shipOrderInput, input)).toEqual({
      orderId: 'o',
      trackingNumber: 'JD 014600',
      carrier: null,
    })
  })

  it.each([
    [{ trackingNumber: ' ' }, 'trackingNumber'],
    [{ trackingNumber: 'x'.repeat(101) }, 'trackingNumber'],
    [{ trackingNumber: '1', carrier: '\n' }, 'carrier'],
    [{ trackingNumber: '1', carrier: 'x'.repeat(101) }, 'carrier'],
  ])('is refused with its field: %j', (more, field) => {
    expect(parseInput(shipOrderInput, { orderId: 'o', ...more })).toMatchObject({
      kind: 'invalidInput',
      field,
    })
  })
})

describe('a request to cancel', () => {
  it('is another one with another order or another reason', () => {
    const cancel = (orderId: string, reason: string | null) => {
      return hashCancelOrder(parse(cancelOrderInput, { orderId, reason, idempotencyKey: 'k' }))
    }
    expect(cancel('O', ' why ')).toBe(cancel('o', 'why'))
    expect(cancel('p', 'why')).not.toBe(cancel('o', 'why'))
    expect(cancel('o', null)).not.toBe(cancel('o', 'why'))
  })
})
