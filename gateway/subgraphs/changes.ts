/** Counts what makes the answers of reads under way old: a mutation that ended, an event that came. */
export type Changes = ReturnType<typeof createChanges>

/** Counts changes from now on, for all subgraphs. */
export const createChanges = () => {
  let count = 0
  return {
    happened: (): void => {
      count += 1
    },
    count: (): number => count,
  }
}
