/** The rows that were found for each of so many things, by their place in what was asked, which counts from 1. */
export const byPlace = <Row extends { readonly place: number }>(
  rows: readonly Row[],
  count: number,
): readonly (readonly Row[])[] => {
  const found = Map.groupBy(rows, ({ place }) => place)
  return Array.from({ length: count }, (_, index) => found.get(index + 1) ?? [])
}
