import { UsageError } from '../command-line.ts'
import type { DateOrder } from './file/dates.ts'
import { createRejects, type Rejects } from './file/rejects.ts'
import { type Layout, openTable, type Table } from './file/table.ts'
import { readText } from './file/text.ts'
import { closingTable, type Tally } from './tally.ts'

/** The options of every command that brings a file into the shop. */
export const fileOptions = {
  url: { type: 'string', default: 'http://127.0.0.1:4000/graphql' },
  rejects: { type: 'string' },
  dates: { type: 'string' },
  encoding: { type: 'string' },
} as const

/** The help of a command's own options and of `fileOptions`. */
export const helpOfOptions = (own: readonly (readonly [option: string, text: string])[]): string => {
  const lines = [
    ['--url URL', `the endpoint (${fileOptions.url.default})`],
    ...own,
    ['--rejects FILE', 'where refused lines are listed, anew in each run (FILE.rejects.csv beside FILE.csv)'],
    ['--dates ORDER', 'month-first or day-first, if the dates of the file do not show it'],
    ['--encoding NAME', 'such as windows-1251, if the file is not UTF-8, UTF-16 or Windows-1252'],
    ['--help', 'this text'],
  ] as const
  const width = Math.max(...lines.map(([option]) => option.length))
  return lines.map(([option, text]) => `  ${option.padEnd(width)}  ${text}`).join('\n')
}

/** What every help says about files. */
export const fileHelp = `Columns are separated by commas, semicolons, tabs or bars, and stand in any order. Prices are written 1,234.50,
1.234,50 or 1 234,50. Dates are written 2010-12-31 08:26, 12/31/2010 8:26 or 31.12.2010 8:26, in UTC. A line that
can't be used is refused and listed in a file that can be mended and given to this command again.`

/** A file with its header read, and the list for the lines that are refused. */
type Input = {
  readonly table: Table
  readonly rejects: Rejects
  readonly dates: DateOrder | undefined
  readonly openedAtMs: number
}

/** Opens a file in the first layout that fits; throws UsageError or UnusableFile. */
export const openInput = (
  file: string,
  options: { readonly [Option in 'rejects' | 'dates' | 'encoding']?: string | undefined },
  layouts: readonly Layout[],
): Input => {
  const openedAtMs = Date.now()
  const dates = dateOrderNamed(options.dates)
  const { text, encoding } = readText(file, decoderNamed(options.encoding))
  const table = openTable(file, text, layouts)
  const rejects = createRejects({ file, path: options.rejects }, table)
  console.log(`${file} is read as ${encoding}, with ${table.separatorName} between the columns`)
  return { table, rejects, dates, openedAtMs }
}

/** Prints what was taken and refused, where the refused lines are listed, and how long it took. */
export const closeInput = (
  { rejects, openedAtMs }: Input,
  sections: Readonly<Record<string, Pick<Tally, 'rows'>>>,
): void => {
  if (Object.values(sections).some(tally => tally.rows().length > 0)) console.log(closingTable(sections))
  const count = rejects.count()
  if (count > 0) {
    const lines = count === 1 ? 'One line is' : `${count.toLocaleString('en')} lines are`
    console.log(`${lines} listed with the reason in ${rejects.path}`)
  }
  console.log(`${((Date.now() - openedAtMs) / 1_000).toFixed(1)} s`)
}

const dateOrderNamed = (name: string | undefined): DateOrder | undefined => {
  if (name === undefined || name === 'month-first' || name === 'day-first') return name
  throw new UsageError('--dates takes month-first or day-first')
}

const decoderNamed = (name: string | undefined): TextDecoder | undefined => {
  try {
    return name === undefined ? undefined : new TextDecoder(name)
  } catch {
    throw new UsageError(`--encoding takes the name of an encoding, such as windows-1251, and not “${name}”`)
  }
}
