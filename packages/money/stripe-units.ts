import { decimalsOf } from './money.ts'

type Money = { readonly amountMinor: number; readonly currency: string }

/**
 * The units in which Stripe counts amounts, after docs.stripe.com/currencies as of 2026: those of ISO 4217 with these
 * exceptions.
 */

/** The decimals with which Stripe counts a currency, if they are not those of ISO 4217. */
const stripeDecimals: Readonly<Record<string, number>> = { ISK: 2, MGA: 0, UGX: 2 }

/** An amount in Stripe's units; no whole number if Stripe can't count it (MGA 12.50). */
export const toUnits = ({ amountMinor, currency }: Money): number =>
  shifted(amountMinor, moreDecimals(currency))

/** An amount of Stripe in minor units of ISO 4217, without what is less than one. */
export const toMinor = (units: number, currency: string): number =>
  Math.trunc(shifted(units, -moreDecimals(currency)))

/** How many decimals more Stripe has than ISO 4217; negative if it has fewer. */
export const moreDecimals = (currency: string): number => {
  const decimals = stripeDecimals[currency]
  return decimals === undefined ? 0 : decimals - (decimalsOf(currency) ?? decimals)
}

// n.b. dividing by a power of ten is exact where multiplying by 0.01 is not
const shifted = (amount: number, decimals: number): number =>
  decimals < 0 ? amount / 10 ** -decimals : amount * 10 ** decimals
