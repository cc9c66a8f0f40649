import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { hashOrderInput, parseOrderInput } from './order-input.ts'

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

const parsed = (input: unknown) => {
  const result = parseOrderInput(input)
  if (result.kind === 'invalid') throw new Error(`${result.field}: ${result.message}`)
  return result.input
}

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
    expect(parseOrderInput(input)).toMatchObject({ kind: 'invalid', field })
  })

  it('has no second address line where that is blank', () => {
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
        expect(hashOrderInput(parsed({ ...valid, items: split }))).toBe(
          hashOrderInput(parsed({ ...valid, items })),
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
    ].map(input => hashOrderInput(parsed(input)))
    expect(new Set(hashes).size).toBe(hashes.length)
    expect(hashOrderInput(parsed({ ...valid, idempotencyKey: 'other' }))).toBe(hashes[0])
  })
})
