/** Counts by reason, in the order in which the reasons came up. */
export const createTally = () => {
  const counts = new Map<string, number>()
  return {
    add: (reason: string, count = 1): void => void counts.set(reason, (counts.get(reason) ?? 0) + count),
    rows: (): readonly (readonly [reason: string, count: number])[] => [...counts],
    total: (): number => counts.values().reduce((sum, count) => sum + count, 0),
  }
}

export type Tally = ReturnType<typeof createTally>

/** A table for the end of a run: sections of counts by reason, aligned. */
export const closingTable = (sections: Readonly<Record<string, Pick<Tally, 'rows'>>>): string => {
  const rows = Object.entries(sections).flatMap(([section, tally]) =>
    tally.rows().map(([reason, count]) => [section, reason, count.toLocaleString('en')] as const),
  )
  const width = (column: 0 | 1 | 2) => Math.max(0, ...rows.map(row => row[column].length))
  const [first, second, third] = [width(0), width(1), width(2)]
  const rule = `${'─'.repeat(first)}──${'─'.repeat(second)}──${'─'.repeat(third)}`
  const lines = rows.map(
    ([section, reason, count], index) =>
      `${(rows[index - 1]?.[0] === section ? '' : section).padEnd(first)}  ${reason.padEnd(second)}  ${count.padStart(third)}`,
  )
  return [rule, ...lines, rule].join('\n')
}
