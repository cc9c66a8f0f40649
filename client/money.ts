/** An amount as the shop gives it: in the currency's minor unit. */
type Money = { readonly amountMinor: number; readonly currency: string }

/** The decimals of ISO 4217, where they are not 2. n.b. Intl has 0 for HUF, IDR, COP and others, and changes with the browser. */
const decimals: Readonly<Record<string, number>> = {
  ...{
    BIF: 0,
    CLP: 0,
    DJF: 0,
    GNF: 0,
    ISK: 0,
    JPY: 0,
    KMF: 0,
    KRW: 0,
    PYG: 0,
    RWF: 0,
    UGX: 0,
    VND: 0,
    VUV: 0,
  },
  ...{ XAF: 0, XOF: 0, XPF: 0 },
  ...{ BHD: 3, IQD: 3, JOD: 3, KWD: 3, LYD: 3, OMR: 3, TND: 3 },
  ...{ CLF: 4, UYW: 4 },
}

/** How many decimals an amount in a currency has: 2 for EUR and HUF, 0 for JPY, 3 for KWD. */
export const decimalsOf = (currency: string): number => decimals[currency] ?? 2

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
