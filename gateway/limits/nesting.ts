/** How many fields and elements a JSON value may have in all. n.b. graphql prints the whole object for each wrong field in it. */
export const maxValues = 5_000

/** Whether the objects and arrays of a JSON value, which is not nested too deep, have more fields and elements than that. */
export const hasTooManyValues = (value: unknown): boolean => countUpTo(maxValues + 1, value) > maxValues

const countUpTo = (most: number, value: unknown): number => {
  if (typeof value !== 'object' || value === null) return 0
  let count = 0
  for (const inside of Object.values(value)) {
    count += 1 + countUpTo(most - count - 1, inside)
    if (count >= most) return count
  }
  return count
}

/** How deep brackets, selection sets and JSON values may lie in each other. n.b. what walks over them is often recursive. */
export const maxNesting = 100

/** Whether the objects and arrays of a JSON value lie deeper in each other than that. */
export const isNestedTooDeep = (value: unknown, levels = maxNesting): boolean =>
  typeof value === 'object' &&
  value !== null &&
  (levels === 0 || Object.values(value).some(inside => isNestedTooDeep(inside, levels - 1)))
