import type { Verdict } from './judge.ts'

/** A line about a scenario that is over, and what did not hold. */
export const verdictLines = ({ name, durationMs, problems }: Verdict): readonly string[] => [
  `${name.padEnd(18)} ${problems.length === 0 ? 'holds' : 'FAILS'}  ${seconds(durationMs)}`,
  ...problems.slice(0, shownProblems).map(problem => `  ${problem}`),
  ...(problems.length > shownProblems ? [`  … and ${problems.length - shownProblems} more`] : []),
]

const shownProblems = 30

/** A closing table of all verdicts, aligned. */
export const closingTable = (verdicts: readonly Verdict[]): string => {
  const rows = [columns.map(({ title }) => title), ...verdicts.map(row => columns.map(({ of }) => of(row)))]
  const widths = columns.map((_, column) => Math.max(...rows.map(row => row[column]?.length ?? 0)))
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

const seconds = (ms: number): string => `${(ms / 1_000).toFixed(1)} s`

const replies =
  (...kinds: readonly string[]) =>
  (verdict: Verdict): string =>
    kinds.reduce((sum, kind) => sum + (verdict.replies.get(kind) ?? 0), 0).toLocaleString('en')

const columns: readonly { readonly title: string; readonly of: (verdict: Verdict) => string }[] = [
  { title: 'scenario', of: ({ name }) => name },
  { title: 'size', of: ({ size }) => size.toLocaleString('en') },
  { title: 'took', of: ({ durationMs }) => seconds(durationMs) },
  {
    title: 'at rest',
    of: ({ settledAfterMs }) => (settledAfterMs === undefined ? 'never' : seconds(settledAfterMs)),
  },
  { title: 'confirmed', of: replies('confirmed') },
  { title: 'cancelled', of: replies('cancelled') },
  { title: 'out of stock', of: replies('out of stock') },
  { title: 'declined', of: replies('declined') },
  { title: 'try again', of: replies('try again') },
  { title: 'pending', of: replies('pending') },
  { title: 'no answer', of: replies('lost', 'failed') },
  { title: 'kills', of: ({ kills }) => String(kills) },
  { title: 'violations', of: ({ violations }) => String(violations.length) },
  { title: 'verdict', of: ({ problems }) => (problems.length === 0 ? 'holds' : 'FAILS') },
]
