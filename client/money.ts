/** An amount as the shop gives it: in the currency's minor unit. */
type Money = { readonly amountMinor: number; readonly currency: string }

/** The decimals of ISO 4217, where they are not 2. n.b. Intl has 0 for HUF, IDR, COP and others, and changes with the browser. */
const decimals: ReadonlyMap<string, number> = new Map([
  ...['BIF', 'CLP', 'DJF', 'GNF', 'ISK', 'JPY', 'KMF', 'KRW', 'PYG', 'RWF'].map(code => [code, 0] as const),
  ...['UGX', 'VND', 'VUV', 'XAF', 'XOF', 'XPF'].map(code => [code, 0] as const),
  ...['BHD', 'IQD', 'JOD', 'KWD', 'LYD', 'OMR', 'TND'].map(code => [code, 3] as const),
  ...['CLF', 'UYW'].map(code => [code, 4] as const),
])

/** How many decimals an amount in a currency has: 2 for EUR and HUF, 0 for JPY, 3 for KWD. */
export const decimalsOf = (currency: string): number => decimals.get(currency) ?? 2

/** An amount as people of a locale write it, by default of the user's: 125000 HUF is HUF 1,250.00. */
export const formatMoney = ({ amountMinor, currency }: Money, locale?: string): string => {
  const count = decimalsOf(currency)
  const digits = { minimumFractionDigits: count, maximumFractionDigits: count }
  const format = new Intl.NumberFormat(locale, { style: 'currency', currency, ...digits })
  const exact = `${amountMinor}e-${count}`
  return format.format(isNumeral(exact) ? exact : amountMinor / 10 ** count)
}

/** n.b. Intl takes every digit of a text, and of a large number only the first fifteen. */
const isNumeral = (text: string): text is `${number}` => Number.isFinite(Number(text))
