/** A column: its title, and its least width if it can be cut. */
type Column = { readonly title: string; readonly shrinksTo?: number }

const gap = 2

/** Lays rows out under their titles. No line is wider than `width`, unless the columns can't shrink that far. */
export const formatTable = (
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  width: number,
): string => {
  const lines = [columns.map(({ title }) => title), ...rows.map(row => row.map(cell => oneLine(cell)))]
  const widths = shrink(
    columns.map(({ shrinksTo }, index) => {
      const natural = Math.max(...lines.map(line => line[index]?.length ?? 0))
      return { natural, least: Math.min(natural, shrinksTo ?? natural) }
    }),
    width - gap * (columns.length - 1),
  )
  return lines
    .map(line =>
      line
        .map((cell, index) => cut(cell, widths[index] ?? 0).padEnd(widths[index] ?? 0))
        .join(' '.repeat(gap))
        .trimEnd(),
    )
    .join('\n')
}

/** A text of at most `width` characters; an ellipsis replaces what was cut off. */
export const cut = (text: string, width: number): string =>
  text.length <= width ? text : `${text.slice(0, Math.max(width - 1, 0))}…`

/** The text in one line, without control characters, because a message may contain any. */
export const oneLine = (text: string): string => text.replaceAll(/[\s\p{Cc}\p{Cf}]+/gu, ' ').trim()

type Measure = { readonly natural: number; readonly least: number }

/** Takes one character at a time from the widest column, until all fit. */
const shrink = (measures: readonly Measure[], total: number): readonly number[] => {
  const widths = measures.map(({ natural }) => natural)
  for (;;) {
    const excess = widths.reduce((sum, one) => sum + one, 0) - total
    const shrinkable = widths.flatMap((one, index) => (one > (measures[index]?.least ?? one) ? [index] : []))
    const [first, ...others] = shrinkable
    if (excess <= 0 || first === undefined) return widths
    const widest = others.reduce((a, b) => ((widths[b] ?? 0) > (widths[a] ?? 0) ? b : a), first)
    widths[widest] = (widths[widest] ?? 0) - 1
  }
}
