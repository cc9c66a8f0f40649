import { readFileSync } from 'node:fs'
import { messageOf } from '@supergraph/runtime/error-text.ts'
import { ExpectedError } from '@supergraph/runtime/expected-error.ts'
import { parse } from 'csv-parse/sync'

/** A CSV file that can't be used at all; the message says what is missing. */
export class UnusableFile extends ExpectedError {}

/** Reads a CSV file with a header line: its rows by column, everything as text. Throws UnusableFile. */
export const readCsv = (file: string): readonly Readonly<Record<string, string>>[] => {
  const text = readText(file)
  try {
    return parse(text, { columns: true, bom: true, skip_empty_lines: true, relax_column_count: true })
  } catch (error) {
    throw new UnusableFile(`${file} is no CSV file: ${messageOf(error)}`, {
      cause: error,
    })
  }
}

/** Throws UnusableFile unless the rows have every column. */
export const requireColumns = (
  file: string,
  rows: readonly Readonly<Record<string, string>>[],
  columns: readonly string[],
): void => {
  const [first] = rows
  if (first === undefined) throw new UnusableFile(`${file} has no lines below its header`)
  const missing = columns.filter(column => !(column in first))
  if (missing.length > 0) throw new UnusableFile(`${file} lacks the column ${missing.join(', ')}`)
}

const readText = (file: string): string => {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw new UnusableFile(`${file} can't be read: give the path of a CSV file`, { cause: error })
  }
}
