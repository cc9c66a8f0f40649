import { decimalsOf, isCurrency } from '@supergraph/money/money.ts'
import { moreDecimals, toMinor, toUnits } from '@supergraph/money/stripe-units.ts'
import type { Money } from '../domain/order.ts'
import type { Uneven, Unpayable } from '../domain/unpayable.ts'

/**
 * Which amounts Stripe takes, after docs.stripe.com/currencies as of 2026. Stripe's minima depend on the currency of the shop's bank account; these hold if it is the
 * charge's own, so Stripe may still refuse a payment that passes here.
 */

/** Currencies of ISO 4217 that Stripe charges no card in. */
const unsupported: ReadonlySet<string> = new Set([
  ...['BTN', 'CUP', 'ERN', 'GHS', 'IQD', 'IRR', 'KPW', 'LYD', 'MRU', 'SDG', 'SSP', 'STN', 'SVC', 'SYP'],
  ...['TMT', 'VED', 'VES', 'ZWG'],
])

/** The least charge, in Stripe's units; a currency that is missing has none that is known beforehand. */
const leastUnits: Readonly<Record<string, number>> = {
  ...{ AED: 200, ARS: 50, AUD: 50, BRL: 50, CAD: 50, CHF: 50, COP: 50, CZK: 1_500, DKK: 250 },
  ...{ EUR: 50, GBP: 30, HKD: 400, HUF: 17_500, IDR: 50, ILS: 50, INR: 50, JPY: 50, KRW: 50, MXN: 1_000 },
  ...{ MYR: 200, NOK: 300, NZD: 50, PHP: 50, PLN: 200, RON: 200, RUB: 50, SEK: 300, SGD: 50, THB: 1_000 },
  ...{ USD: 50, ZAR: 50 },
}

/** The digits of the largest charge, in Stripe's units. */
const mostDigits: Readonly<Record<string, number>> = { IDR: 12, LBP: 11, COP: 10, HUF: 10, JPY: 10, INR: 9 }
const usualDigits = 8

/** Why Stripe would not charge an amount above 0; undefined if it would. */
export const whyUnpayable = (amount: Money): Unpayable | undefined => {
  const { currency } = amount
  if (unsupported.has(currency) || !isCurrency(currency)) return { kind: 'currency' }
  const units = toUnits(amount)
  const least = leastUnits[currency] ?? 0
  const most = 10 ** (mostDigits[currency] ?? usualDigits) - 1
  if (units < least) return { kind: 'tooSmall', least: { amountMinor: toMinor(least, currency), currency } }
  if (units > most) return { kind: 'tooLarge', most: { amountMinor: toMinor(most, currency), currency } }
  return whyUneven(amount)
}

/** Why Stripe would neither charge nor return an amount exactly; undefined if it would. */
export const whyUneven = ({ amountMinor, currency }: Money): Uneven | undefined => {
  // n.b. the last of three decimals must be 0
  const step = decimalsOf(currency) === 3 ? 10 : 10 ** Math.max(0, -moreDecimals(currency))
  return amountMinor % step === 0 ? undefined : { kind: 'uneven', step: { amountMinor: step, currency } }
}
