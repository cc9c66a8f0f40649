import type { z } from 'zod'
import { type FileRecord, readRecords } from './records.ts'
import type { Refusals } from './refusals.ts'
import { UnusableFile } from './text.ts'

/** Which columns a kind of file has. Case, blanks and punctuation in a header make no difference. */
export type Layout = {
  readonly required: readonly string[]
  readonly optional: readonly string[]
  /** The names that other exports give to columns of this layout, each with the name here. */
  readonly otherNames: Readonly<Record<string, string>>
  /** Whether values look, at a glance, like a row of such a file. */
  readonly isRow: (values: Values) => boolean
}

/** The values of a row by column, without the blanks around them; '' if there is none. */
type Values = Readonly<Record<string, string>>

/** A row of a file, with the record that it was read from. */
export type Row = { readonly record: FileRecord; readonly values: Values }

/** A file whose header has been read. */
export type Table = {
  readonly text: string
  readonly layout: Layout
  readonly separator: string
  /** The separator's name, in the plural. */
  readonly separatorName: string
  readonly header: FileRecord
  readonly width: number
  /** Where each column of the layout stands in a record. */
  readonly places: ReadonlyMap<string, number>
}

/** Why a row can't be used: the column that is to blame, and a sentence. */
export type Unusable = { readonly reason: string; readonly detail: string }

export const unusable = (column: string, detail: string): Unusable => ({
  reason: `unusable ${column}`,
  detail,
})

/** Why a row can't be used that a schema of its columns does not accept. */
export const unusableBy = ({ issues: [issue] }: z.ZodError): Unusable =>
  unusable(String(issue?.path[0]), issue?.message ?? '')

const separatorNames: Readonly<Record<string, string>> = {
  ',': 'commas',
  ';': 'semicolons',
  '\t': 'tabs',
  '|': 'bars',
}

/**
 * Reads the header of a file, in the first of the layouts whose columns are all there. The separator is the one that makes
 * most of the header, or the one that a first line such as `sep=;` names. Throws UnusableFile.
 */
export const openTable = (file: string, text: string, layouts: readonly Layout[]): Table => {
  const [, named] = separatorLine.exec(text.slice(0, 10)) ?? []
  const readings = (named === undefined ? Object.keys(separatorNames) : [named]).flatMap(separator => {
    const header = readHeader(text, separator)
    return header === undefined ? [] : layouts.map(layout => readColumns(header, separator, layout))
  })
  const [first] = readings.toSorted((a, b) => a.missing.length - b.missing.length)
  if (first === undefined) throw new UnusableFile(`${file} has no header`)
  const { layout, separator, header, width, places, missing, twice } = first
  if (/[\0\ufffd]/.test(header.text)) throw new UnusableFile(`${file} is no text file: give a CSV file`)
  if (missing.length > 0)
    throw new UnusableFile(`${file} lacks the column${missing.length === 1 ? '' : 's'} ${missing.join(', ')}`)
  if (twice !== undefined)
    throw new UnusableFile(`${file} has the column ${twice} twice: remove one of the two`)
  return { text, layout, separator, separatorName: separatorNames[separator] ?? '', header, width, places }
}

/** The rows below a header, without empty ones; what makes no row is refused. Throws UnusableFile if there is nothing at all. */
export const readRows = (file: string, table: Table, { refuse }: Refusals): readonly Row[] => {
  const { text, layout, separator, header, width } = table
  const rows: Row[] = []
  let isEmpty = true
  for (const content of readRecords(text, separator, values => layout.isRow(valuesOf(table, values)))) {
    const { line, text } = content
    const record = { line, text }
    if (line <= header.line || text.trim() === '') continue
    const values = content.kind === 'values' ? content.values : []
    if (content.kind === 'values' && values.every(value => value.trim() === '')) continue
    isEmpty = false
    const [control] = controlCharacter.exec(text) ?? []
    if (content.kind === 'bad') refuse([record], content.reason, content.detail)
    else if (text.includes('\ufffd')) refuse([record], 'unreadable character', unreadable)
    else if (control !== undefined) refuse([record], 'control character', `It holds ${codePoint(control)}.`)
    else if (values.slice(width).some(value => value.trim() !== '')) {
      refuse([record], 'too many values', tooMany(values.length, width, separator))
    } else rows.push({ record, values: valuesOf(table, values) })
  }
  if (isEmpty) throw new UnusableFile(`${file} has no lines below its header`)
  return rows
}

const separatorLine = /^"?sep=([,;|\t])"?[\r\n]/i

const readHeader = (text: string, separator: string) => {
  for (const content of readRecords(text, separator, () => false)) {
    const { line, text } = content
    if (text.trim() === '' || separatorLine.test(`${text}\n`)) continue
    return content.kind === 'values' ? { line, text, names: content.values } : undefined
  }
  return undefined
}

type Header = NonNullable<ReturnType<typeof readHeader>>

const readColumns = ({ line, text, names }: Header, separator: string, layout: Layout) => {
  const { required, optional, otherNames } = layout
  const columns = [...required, ...optional]
  const own = new Map(columns.map(column => [plain(column), column]))
  const isThere = (column: string) => names.some(name => own.get(plain(name)) === column)
  // n.b. an export may have a column of its own under the name that another export gives to one of these
  const others = Object.entries(otherNames).filter(([, column]) => !isThere(column))
  const all = new Map([...own, ...others.map(([name, column]) => [plain(name), column] as const)])
  const found = names.map(name => all.get(plain(name)))
  const places = new Map<string, number>()
  for (const [place, column] of found.entries()) if (column !== undefined) places.set(column, place)
  return {
    ...{ layout, separator, header: { line, text }, width: names.length, places },
    missing: required.filter(column => !places.has(column)),
    twice: found.find((column, place) => column !== undefined && places.get(column) !== place),
  }
}

/** A column's name without what people write differently. */
const plain = (name: string): string =>
  name
    .normalize('NFKC')
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}]/gu, '')

const valuesOf = ({ layout: { required, optional }, places }: Table, values: readonly string[]): Values =>
  Object.fromEntries(
    [...required, ...optional].map(column => [column, clean(values[places.get(column) ?? -1] ?? '')]),
  )

/** A value in composed characters, without blanks and invisible marks around it, and not as the formula `="00123"`. */
const clean = (value: string): string => {
  const text = value.normalize('NFC')
  let [start, end] = [0, text.length]
  while (start < end && edge.test(text.charAt(start))) start += 1
  while (start < end && edge.test(text.charAt(end - 1))) end -= 1
  const trimmed = text.slice(start, end)
  return /^="([^"]*)"$/.exec(trimmed)?.[1] ?? trimmed
}

const edge = /[\s\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]/

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
const controlCharacter = /[\0-\x08\x0e-\x1f\x7f]/

const codePoint = (character: string): string =>
  `U+${character.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}`

const unreadable = 'It holds a character that is damaged, or that the encoding of the file does not have.'

const tooMany = (values: number, columns: number, separator: string): string =>
  `It has ${values} values for ${columns} columns: put a value that holds “${separator}” into quotes.`
