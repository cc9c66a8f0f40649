import { formatMoney } from '@supergraph/money/money.ts'

/** Writes amounts in a currency, whose code may be in lower case as at the payment provider. */
export const amountIn = (currency: string) => (amountMinor: number | bigint) =>
  formatMoney({ amountMinor, currency: currency.toUpperCase() })
