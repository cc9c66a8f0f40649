import * as iso4217 from 'dinero.js/currencies'

/** An amount in the currency's minor unit, as ISO 4217 counts it: 1250 EUR is 12.50 €, 1250 JPY is 1250 ¥. */
type Money = { readonly amountMinor: number | bigint; readonly currency: string }

/** The codes of what nothing is sold in: funds, units of account and metals. */
const notSoldIn: ReadonlySet<string> = new Set([
  ...['BOV', 'CHE', 'CHW', 'CLF', 'COU', 'MXV', 'USN', 'UYI', 'UYW', 'XAD', 'XAG', 'XAU', 'XBA', 'XBB'],
  ...['XBC', 'XBD', 'XDR', 'XPD', 'XPT', 'XSU', 'XTS', 'XUA', 'XXX'],
])

/** The decimals of currencies that ended since 2016: nothing is sold in them, and what was is still shown. */
const formerDecimals = { ANG: 2, BGN: 2, BYR: 0, CUC: 2, HRK: 2, MRO: 2, SLL: 2, STD: 2, VEF: 2, ZWL: 2 }

const decimals: ReadonlyMap<string, number> = new Map([
  ...Object.entries(formerDecimals),
  // n.b. the package has MGA and MRU in fifths, as they are coined; ISO 4217 counts two decimals
  ...Object.values(iso4217).map(({ code, base, exponent }) => [code, base === 10 ? exponent : 2] as const),
])

/** The currencies that something can be sold in, in alphabetical order. */
export const currencies: readonly string[] = Object.keys(iso4217)
  .filter(code => !notSoldIn.has(code) && !Object.hasOwn(formerDecimals, code))
  .toSorted()

const sellable: ReadonlySet<string> = new Set(currencies)

/** Whether something can be sold in a currency: a code of ISO 4217's list of today, in capitals, that is no fund or metal. */
export const isCurrency = (code: string): boolean => sellable.has(code)

/** The decimals of a currency by ISO 4217; undefined for an unknown code. */
export const decimalsOf = (currency: string): number | undefined => decimals.get(currency)

const formats = new Map<string, Intl.NumberFormat>()

/** n.b. Intl groups and knows the signs; its own number of decimals differs from ISO 4217's and changes with Node. */
const formatOf = (currency: string, count: number, locale: string): Intl.NumberFormat => {
  const known = locale === english ? formats.get(currency) : undefined
  if (known !== undefined) return known
  const digits = { minimumFractionDigits: count, maximumFractionDigits: count }
  const format = new Intl.NumberFormat(locale, { style: 'currency', currency, ...digits })
  // n.b. people choose their locale: the formats of all locales would fill the memory
  if (locale === english) formats.set(currency, format)
  return format
}

const english = 'en'

/**
 * An amount in the notation of a BCP 47 locale with the decimals of ISO 4217: €12.50, HUF 1,250.00, ¥500, KWD 1.500 in English,
 * 12,50 € in German.
 */
export const formatMoney = ({ amountMinor, currency }: Money, locale = english): string => {
  const minor = BigInt(amountMinor)
  const count = decimalsOf(currency)
  if (count === undefined) return `${minor.toLocaleString(english)} minor units of ${currency}`
  const exact = `${minor}e-${count}`
  return formatOf(currency, count, locale).format(isNumeral(exact) ? exact : Number(exact))
}

/** n.b. Intl takes every digit of a text, and of a large number only the first fifteen. */
const isNumeral = (text: string): text is `${number}` => Number.isFinite(Number(text))

/** A decimal text as an amount, or the sentence that says why it is none. */
export type ParsedAmount =
  | { readonly kind: 'amount'; readonly amountMinor: number }
  | { readonly kind: 'refused'; readonly message: string }

/** Reads a decimal text such as 12.5 or -3: a point before the decimals, no more of them than the currency has, no grouping. */
export const parseAmount = (text: string, currency: string): ParsedAmount => {
  const count = decimalsOf(currency)
  if (count === undefined) return refuse(`"${currency}" is no currency code of ISO 4217, such as EUR.`)
  const trimmed = text.trim()
  const [, sign, whole = '', fraction = ''] = /^([+-])?(\d*)(?:\.(\d+))?$/.exec(trimmed) ?? []
  if (whole + fraction === '') return refuse(`"${trimmed}" is no amount, such as 12.50.`)
  if (fraction.length > count) {
    return refuse(
      `${trimmed} has ${fraction.length} decimal${fraction.length === 1 ? '' : 's'}, and ${currency} has ${count || 'none'}.`,
    )
  }
  const minor = Number(whole + fraction.padEnd(count, '0'))
  if (!Number.isSafeInteger(minor)) {
    return refuse(`${trimmed} is more than ${Number.MAX_SAFE_INTEGER} of the smallest unit of ${currency}.`)
  }
  return { kind: 'amount', amountMinor: sign === '-' && minor !== 0 ? -minor : minor }
}

const refuse = (message: string): ParsedAmount => ({ kind: 'refused', message })
