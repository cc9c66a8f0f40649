import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Offer, priceBasket } from './order-line-prices.ts'

const offer = (productId: string, amountMinor: number, currency = 'EUR'): Offer => ({
  productId,
  productName: productId.toUpperCase(),
  sku: productId,
  unitPrice: { amountMinor, currency },
})

describe('a basket', () => {
  it('costs the sum of its lines at the prices of now', () => {
    const items = [
      { productId: 'a', quantity: 2 },
      { productId: 'b', quantity: 3 },
    ]
    expect(priceBasket(items, [offer('b', 100), offer('a', 1_800)])).toEqual({
      kind: 'priced',
      lines: [
        { productId: 'a', productName: 'A', sku: 'a', unitPriceMinor: 1_800, quantity: 2 },
        { productId: 'b', productName: 'B', sku: 'b', unitPriceMinor: 100, quantity: 3 },
      ],
      total: { amountMinor: 3_900, currency: 'EUR' },
    })
  })

  it('is priced when the total is the expected one, and tells both totals when it is not', () => {
    const items = [{ productId: 'a', quantity: 2 }]
    const offers = [offer('a', 1_800)]
    expect(priceBasket(items, offers, 3_600).kind).toBe('priced')
    expect(priceBasket(items, offers, 0)).toEqual({
      kind: 'priceChanged',
      oldTotal: { amountMinor: 0, currency: 'EUR' },
      newTotal: { amountMinor: 3_600, currency: 'EUR' },
    })
  })

  it('names every product that is not on offer', () => {
    const items = ['a', 'b', 'c'].map(productId => ({ productId, quantity: 1 }))
    expect(priceBasket(items, [offer('b', 1)])).toEqual({ kind: 'unavailable', productIds: ['a', 'c'] })
  })

  it('is refused with two currencies', () => {
    const items = ['a', 'b'].map(productId => ({ productId, quantity: 1 }))
    expect(priceBasket(items, [offer('a', 1), offer('b', 1, 'GBP')])).toEqual({
      kind: 'mixedCurrencies',
    })
  })

  it('may cost 9,007,199,254,740,991 and not one more', () => {
    const items = [
      { productId: 'a', quantity: 1_000 },
      { productId: 'b', quantity: 1 },
    ]
    const offers = (rest: number) => [offer('a', 9_007_199_254_740), offer('b', rest)]
    expect(priceBasket(items, offers(991))).toMatchObject({
      kind: 'priced',
      total: { amountMinor: Number.MAX_SAFE_INTEGER },
    })
    expect(priceBasket(items, offers(992)).kind).toBe('totalTooLarge')
  })

  it('is never priced at another figure than the exact sum of its lines', () => {
    const basket = fc.array(fc.tuple(fc.maxSafeNat(), fc.integer({ min: 1, max: 100_000 })), {
      minLength: 1,
      maxLength: 5,
    })
    fc.assert(
      fc.property(basket, fc.integer({ min: 0, max: 53 }), (lines, shift) => {
        const priced = lines.map(([price, quantity]) => ({ price: Math.floor(price / 2 ** shift), quantity }))
        const exact = priced.reduce((sum, { price, quantity }) => sum + BigInt(price) * BigInt(quantity), 0n)
        const items = priced.map(({ quantity }, index) => ({ productId: `${index}`, quantity }))
        const result = priceBasket(
          items,
          priced.map(({ price }, index) => offer(`${index}`, price)),
        )
        if (exact > BigInt(Number.MAX_SAFE_INTEGER)) expect(result.kind).toBe('totalTooLarge')
        else expect(result).toMatchObject({ kind: 'priced', total: { amountMinor: Number(exact) } })
      }),
      { seed: 53, numRuns: 2_000 },
    )
  })
})
