/** The leading rows whose numbers follow `last`, and then one another, without a gap; rows come sorted by number. */
export const withoutGap = <Row>(
  rows: readonly Row[],
  last: number,
  numberOf: (row: Row) => number,
): readonly Row[] => {
  const gap = rows.findIndex((row, index) => numberOf(row) !== last + 1 + index)
  return gap === -1 ? rows : rows.slice(0, gap)
}
