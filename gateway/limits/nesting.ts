/** How deep brackets, selection sets and JSON values may lie in each other. n.b. what walks over them is often recursive. */
export const maxNesting = 100

/** Whether the objects and arrays of a JSON value lie deeper in each other than that. */
export const isNestedTooDeep = (value: unknown, levels = maxNesting): boolean =>
  typeof value === 'object' &&
  value !== null &&
  (levels === 0 || Object.values(value).some(inside => isNestedTooDeep(inside, levels - 1)))
