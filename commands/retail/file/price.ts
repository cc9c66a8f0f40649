import { decimalsOf, parseAmount } from '@supergraph/money/money.ts'
import { type DecimalMark, maxLength, noNumber, readDecimal } from './decimals.ts'

/** A price in minor units, or the words that say what is wrong with it. */
type ReadPrice =
  | { readonly kind: 'amount'; readonly amountMinor: number }
  | { readonly kind: 'refused'; readonly message: string }

/** Reads a price as people write it: with the sign or the code of `currency` or without, and with the file's decimal mark. */
export const readPrice = (text: string, currency: string, mark: DecimalMark): ReadPrice => {
  const decimals = decimalsOf(currency)
  if (decimals === undefined) return parseAmount('0', currency)
  if (text.length > maxLength) return { kind: 'refused', message: noNumber(text) }
  const [, before = '', number = '', after = ''] = /^([^\d.,+\u2212-]*)(.*?)([^\d.,]*)$/s.exec(text) ?? []
  const sign = /\d/.test(number) ? `${before}${after}`.trim() : ''
  if (sign !== '' && !signsOf(currency).has(sign.toUpperCase())) {
    return { kind: 'refused', message: `“${text}” is no amount in ${currency}.` }
  }
  const read = readDecimal(sign === '' ? text : number, mark, decimals)
  if (read.kind === 'refused') return read
  const amount = parseAmount(read.text, currency)
  if (amount.kind === 'refused' || amount.amountMinor >= 0) return amount
  return { kind: 'refused', message: `“${text}” is less than 0.` }
}

const known = new Map<string, ReadonlySet<string>>()

/** How people mark an amount of a currency, in capitals: GBP or £, USD or $ or US$. */
const signsOf = (currency: string): ReadonlySet<string> => {
  const narrow = signOf(currency, 'narrowSymbol')
  const signs =
    known.get(currency) ??
    new Set([currency, narrow, currency.slice(0, 2) + narrow, signOf(currency, 'symbol')])
  known.set(currency, signs)
  return signs
}

const signOf = (currency: string, currencyDisplay: 'symbol' | 'narrowSymbol'): string =>
  new Intl.NumberFormat('en', { style: 'currency', currency, currencyDisplay })
    .formatToParts(0)
    .filter(({ type }) => type === 'currency')
    .map(({ value }) => value.toUpperCase())
    .join('')
