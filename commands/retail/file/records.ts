/** A record of a CSV file as it stands there, from its first line on; a value in quotes can hold line ends. */
export type FileRecord = { readonly line: number; readonly text: string }

/** What a record holds: its values, or the reason why it has none. */
type Content =
  | { readonly kind: 'values'; readonly values: readonly string[] }
  | { readonly kind: 'bad'; readonly reason: string; readonly detail: string }

/** Whether values make a whole row of the file. */
type IsRow = (values: readonly string[]) => boolean

const maxRecordLength = 65_536
const shownOfLongLine = 1_000

/**
 * Reads records that end with LF, CRLF or CR. A bad quote costs the line that opens it: reading goes on with the next line.
 * A quote is bad too if it swallowed a line that makes a whole row by itself.
 */
export function* readRecords(text: string, separator: string, isRow: IsRow): Generator<FileRecord & Content> {
  const readValues = createReader(separator)
  for (let at = 0, line = 1; at < text.length; ) {
    const firstLine = lineAt(text, at)
    const taken = firstLine.includes('"')
      ? readQuoted(text.slice(at, at + maxRecordLength + 1), firstLine, readValues, isRow)
      : { text: firstLine, content: values(firstLine.split(separator)) }
    yield taken.text.length > maxRecordLength
      ? { line, ...tooLong(taken.text) }
      : { line, text: taken.text, ...taken.content }
    line += taken.text === firstLine ? 1 : linesOf(taken.text).length
    at = nextLineAt(text, at + taken.text.length)
  }
}

type Taken = { readonly text: string; readonly content: Content }

const readQuoted = (text: string, firstLine: string, readValues: Reader, isRow: IsRow): Taken => {
  const read = readValues(text)
  if (typeof read === 'string') {
    const alone = readValues(firstLine)
    return { text: firstLine, content: badQuote(typeof alone === 'string' ? alone : read) }
  }
  if (read.length === firstLine.length) return { text: firstLine, content: values(read.values) }
  const taken = text.slice(0, read.length)
  const swallowsRow = linesOf(taken)
    .slice(1)
    .some(line => {
      const alone = readValues(line)
      return typeof alone !== 'string' && isRow(alone.values)
    })
  return swallowsRow || taken.length > maxRecordLength
    ? { text: firstLine, content: badQuote(notClosed) }
    : { text: taken, content: values(read.values) }
}

const values = (values: readonly string[]): Content => ({ kind: 'values', values })
const badQuote = (detail: string): Content => ({ kind: 'bad', reason: 'bad quote', detail })

const tooLong = (text: string): { readonly text: string } & Content => ({
  text: `${text.slice(0, shownOfLongLine)}…`,
  kind: 'bad',
  reason: 'line too long',
  detail: `It has ${text.length} characters, and ${maxRecordLength} is the most. It is cut here.`,
})

const lineEnds = /\r\n|\n|\r/g

const linesOf = (text: string): readonly string[] => text.split(lineEnds)

const lineAt = (text: string, at: number): string => {
  lineEnds.lastIndex = at
  return text.slice(at, lineEnds.exec(text)?.index)
}

const nextLineAt = (text: string, at: number): number => {
  lineEnds.lastIndex = at
  return lineEnds.exec(text) === null ? text.length : lineEnds.lastIndex
}

const notClosed = 'A quote is opened and not closed.'
const goesOn = 'A value goes on after its closing quote: write a quote inside a value twice.'

/** Reads the record at the start of a text: its values and its length, or what is wrong with its quotes. */
type Reader = (text: string) => { readonly values: readonly string[]; readonly length: number } | string

const createReader = (separator: string): Reader => {
  const blank = separator === '\t' ? ' ' : '[ \\t]'
  const quoted = new RegExp(`${blank}*"((?:[^"]|"")*)"${blank}*`, 'y')
  const unquoted = new RegExp(`[^${separator}\\r\\n]*`, 'y')
  const opensQuote = new RegExp(`${blank}*"`, 'y')

  return text => {
    const values: string[] = []
    for (let at = 0; ; at += 1) {
      for (const pattern of [quoted, unquoted, opensQuote]) pattern.lastIndex = at
      const isQuoted = opensQuote.test(text)
      const [whole, value] = (isQuoted ? quoted : unquoted).exec(text) ?? []
      if (whole === undefined) return notClosed
      at += whole.length
      const next = text[at]
      if (isQuoted && next !== undefined && next !== separator && !/[\r\n]/.test(next)) return goesOn
      values.push(isQuoted ? (value?.replaceAll('""', '"') ?? '') : whole)
      if (next !== separator) return { values, length: at }
    }
  }
}
