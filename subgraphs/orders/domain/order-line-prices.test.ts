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

  it('may cost 2,147,483,647 and not one more', () => {
    const items = (quantity: number) => [
      { productId: 'a', quantity },
      { productId: 'b', quantity: 1 },
    ]
    const offers = [offer('a', 2_147_483), offer('b', 647)]
    expect(priceBasket(items(1_000), offers).kind).toBe('priced')
    expect(priceBasket(items(1_000), [offer('a', 2_147_483), offer('b', 648)]).kind).toBe('totalTooLarge')
  })
})
