import type { Money, OrderLine } from './order.ts'

/** A product that can be ordered now. */
export type Offer = {
  readonly productId: string
  readonly productName: string
  readonly sku: string
  readonly unitPrice: Money
}

/** A basket at the current prices, or why it can't be one order. */
export type PricedBasket =
  | { readonly kind: 'priced'; readonly lines: readonly OrderLine[]; readonly total: Money }
  | { readonly kind: 'unavailable'; readonly productIds: readonly string[] }
  | { readonly kind: 'priceChanged'; readonly oldTotal: Money; readonly newTotal: Money }
  | { readonly kind: 'empty' | 'mixedCurrencies' | 'totalTooLarge' }

/** Prices a basket; every product must be on offer, all in one currency, the total the expected one, if any, and below 2^53. */
export const priceBasket = (
  items: readonly { readonly productId: string; readonly quantity: number }[],
  offers: readonly Offer[],
  expectedTotalMinor: number | null = null,
): PricedBasket => {
  const byId = new Map(offers.map(offer => [offer.productId, offer]))
  const priced = items.map(item => ({ ...item, offer: byId.get(item.productId) }))
  const unavailable = priced.filter(({ offer }) => offer === undefined)
  if (unavailable.length > 0) {
    return { kind: 'unavailable', productIds: unavailable.map(({ productId }) => productId) }
  }
  const lines = priced.flatMap(({ offer, quantity }) => (offer === undefined ? [] : [{ offer, quantity }]))
  const [currency, ...others] = new Set(lines.map(({ offer }) => offer.unitPrice.currency))
  if (currency === undefined) return { kind: 'empty' }
  if (others.length > 0) return { kind: 'mixedCurrencies' }
  const amountMinor = lines.reduce(
    (sum, { offer, quantity }) => sum + offer.unitPrice.amountMinor * quantity,
    0,
  )
  if (!Number.isSafeInteger(amountMinor)) return { kind: 'totalTooLarge' }
  const total = { amountMinor, currency }
  if (expectedTotalMinor !== null && expectedTotalMinor !== amountMinor) {
    return { kind: 'priceChanged', oldTotal: { amountMinor: expectedTotalMinor, currency }, newTotal: total }
  }
  return {
    kind: 'priced',
    lines: lines.map(({ offer: { unitPrice, ...product }, quantity }) => ({
      ...product,
      unitPriceMinor: unitPrice.amountMinor,
      quantity,
    })),
    total,
  }
}
