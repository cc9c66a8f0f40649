/** The character that begins the decimals of a file's numbers; undefined if the file does not show which one does. */
export type DecimalMark = '.' | ',' | undefined

/** Which mark begins the decimals in numbers of one file: undefined if none of them shows it, or if they disagree. */
export const decimalMarkOf = (texts: Iterable<string>): DecimalMark => {
  const marks = new Set<string>()
  for (const text of texts) {
    const mark = shownMark(text.replaceAll(/[^\d.,]/g, ''))
    if (mark !== undefined) marks.add(mark)
    if (marks.size === 2) return undefined
  }
  const [mark] = marks
  return mark === '.' || mark === ',' ? mark : undefined
}

/** No number that people write is longer, with its signs. */
export const maxLength = 40

/** A number as plain digits with a point (`-1234.5`), or the words that say what is wrong with it. */
type ReadDecimal =
  | { readonly kind: 'decimal'; readonly text: string }
  | { readonly kind: 'refused'; readonly message: string }

/**
 * Reads a number that may have a decimal point or comma and thousands separators. `decimals` is how many decimals such a
 * number can have: it settles 1.250, which has three decimals or none, if `mark` does not.
 */
export const readDecimal = (text: string, mark: DecimalMark, decimals: number): ReadDecimal => {
  if (text.length > maxLength) return refused(noNumber(text))
  const number = text.replace('\u2212', '-')
  const [, sign = '', digits] = /^([+-]?)\s*(\d.*|[.,]\d+)$/.exec(number) ?? []
  if (digits === undefined) return refused(noNumber(text))
  const chosen = /[.,]/.test(digits) ? (shownMark(digits) ?? mark ?? markByDecimals(digits, decimals)) : '.'
  if (chosen === undefined) return refused(twoReadings(text, digits))
  const end = digits.lastIndexOf(chosen)
  const whole = withoutGroups(end === -1 ? digits : digits.slice(0, end), chosen)
  const fraction = end === -1 ? '' : digits.slice(end + 1)
  if (whole === undefined || !/^\d*$/.test(fraction)) return refused(noNumber(text))
  const kept = fraction.replace(/0+$/, '')
  return { kind: 'decimal', text: `${sign === '-' ? '-' : ''}${whole}${kept === '' ? '' : `.${kept}`}` }
}

/** Reads a whole number, negative ones too. */
export const readWhole = (text: string, mark: DecimalMark): number | { readonly refused: string } => {
  const read = readDecimal(text, mark, 0)
  if (read.kind === 'refused') return { refused: read.message }
  const number = Number(read.text)
  if (!Number.isInteger(number)) return { refused: `“${text}” is no whole number.` }
  return Math.abs(number) <= maxWhole ? number : { refused: `“${text}” is beyond ${maxWhole}.` }
}

const maxWhole = 2_147_483_647

/** The words for a text that is no number. */
export const noNumber = (text: string): string =>
  `“${text.length > maxLength ? `${text.slice(0, maxLength)}…` : text}” is no number.`

const refused = (message: string): ReadDecimal => ({ kind: 'refused', message })

/** The mark that can only begin decimals in this number, or the one that is left if the other separates thousands. */
const shownMark = (digits: string): DecimalMark => {
  const [point, comma] = [digits.split('.').length - 1, digits.split(',').length - 1]
  if (point > 0 && comma > 0) return digits.lastIndexOf('.') > digits.lastIndexOf(',') ? '.' : ','
  if (point > 1) return ','
  if (comma > 1) return '.'
  if (point + comma === 0) return undefined
  const mark = point === 1 ? '.' : ','
  return canBeGrouped(digits, mark) ? undefined : mark
}

const canBeGrouped = (digits: string, mark: '.' | ','): boolean => {
  const [whole = '', rest = ''] = digits.split(mark)
  return /^[1-9]\d{0,2}$/.test(whole) && /^\d{3}$/.test(rest)
}

const markByDecimals = (digits: string, decimals: number): DecimalMark => {
  const isPoint = digits.includes('.')
  return (isPoint && decimals === 3) || (!isPoint && decimals === 0) ? '.' : undefined
}

const twoReadings = (text: string, digits: string): string =>
  `“${text}” can mean ${digits.replace(/[.,]/, '')} or ${Number(digits.replace(',', '.'))}: write the one that is meant.`

/** The digits of a whole number without what separates its thousands; undefined if they are not well separated. */
const withoutGroups = (whole: string, mark: '.' | ','): string | undefined => {
  if (/^\d*$/.test(whole)) return whole === '' ? '0' : whole
  const thousands = mark === '.' ? threeAfterComma : threeAfterPoint
  const isGrouped = thousands.test(whole) || (mark === '.' && indianGroups.test(whole))
  return isGrouped ? whole.replaceAll(/\D/g, '') : undefined
}

const threeAfterComma = /^\d{1,3}([,'’\s])\d{3}(?:\1\d{3})*$/
const threeAfterPoint = /^\d{1,3}([.'’\s])\d{3}(?:\1\d{3})*$/
const indianGroups = /^\d{1,2}(?:,\d\d)*,\d{3}$/
