import { formatTable } from '../commands/table.ts'
import type { ScenarioResult } from './scenario.ts'

/** A line about a scenario that is over, and what did not hold. */
export const resultLines = ({
  name,
  durationMs,
  skipped,
  problems,
  log,
}: ScenarioResult): readonly string[] => [
  ...logLines(log),
  skipped === undefined
    ? `${name.padEnd(18)} ${problems.length === 0 ? 'holds' : 'FAILS'}  ${(durationMs / 1_000).toFixed(1)} s`
    : `${name.padEnd(18)} skipped: ${skipped}`,
  ...problems.slice(0, shownProblems).map(problem => `  ${problem}`),
  ...(problems.length > shownProblems ? [`  … and ${problems.length - shownProblems} more`] : []),
]

const logLines = ([titles = [], ...rows]: ScenarioResult['log']): readonly string[] =>
  rows.length === 0
    ? []
    : [
        formatTable(
          titles.map(title => ({ title })),
          rows,
          Number.POSITIVE_INFINITY,
        ),
      ]

const shownProblems = 30

/** A closing table of the results of one suite, aligned and at most 110 characters wide. */
export const closingTable = (results: readonly ScenarioResult[]): string => {
  const [first] = results
  if (first === undefined) return ''
  const rows = [titlesOf(first), ...results.map(cellsOf)]
  const widths = titlesOf(first).map((_, column) => Math.max(...rows.map(row => row[column]?.length ?? 0)))
  const rule = widths.map(width => '─'.repeat(width)).join('──')
  const lines = rows.map(row =>
    row
      .map((cell, column) =>
        column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join('  '),
  )
  const [head = '', ...body] = lines
  return [rule, head, rule, ...body, rule].join('\n')
}

const titlesOf = ({ figures }: ScenarioResult): readonly string[] => [
  'scenario',
  'size',
  'took',
  'rest',
  ...figures.map(({ title }) => title),
  'kills',
  'ledger',
  'verdict',
]

const cellsOf = ({
  name,
  size,
  durationMs,
  settledAfterMs,
  figures,
  kills,
  violations,
  skipped,
  problems,
}: ScenarioResult): readonly string[] => [
  name,
  grouped(size),
  seconds(durationMs),
  settledAfterMs === undefined ? 'never' : seconds(settledAfterMs),
  ...figures.map(({ count }) => grouped(count)),
  String(kills),
  String(violations.length),
  skipped !== undefined ? 'skipped' : problems.length === 0 ? 'holds' : 'FAILS',
]

const grouped = (count: number): string => count.toLocaleString('en')

const seconds = (ms: number): string => `${(ms / 1_000).toFixed(ms < 100_000 ? 1 : 0)}s`
