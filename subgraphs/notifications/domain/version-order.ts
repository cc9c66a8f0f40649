/** The leading rows whose versions follow `last`, and then one another, without a gap; rows come sorted by version. */
export const withoutGap = <Row extends { readonly version: number }>(
  rows: readonly Row[],
  last: number,
): readonly Row[] => {
  const gap = rows.findIndex((row, index) => row.version !== last + 1 + index)
  return gap === -1 ? rows : rows.slice(0, gap)
}
