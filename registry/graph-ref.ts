/** Names a variant of a graph. */
export type GraphRef = { readonly graph: string; readonly variant: string }

/** Such as `shop@current`. */
export const textOf = ({ graph, variant }: GraphRef): string => `${graph}@${variant}`

/** Reads `shop@current`, or `shop` for its variant `current`; undefined if it is no reference. */
export const parseGraphRef = (text: string): GraphRef | undefined => {
  const [graph = '', variant = 'current', ...rest] = text.split('@')
  return rest.length === 0 && isGraphName(graph) && isName(variant) ? { graph, variant } : undefined
}

/** Whether a graph may have this name, by rover's rule. */
export const isGraphName = (name: string): boolean => /^[a-zA-Z][a-zA-Z0-9_-]{0,63}$/.test(name)

/** Whether a variant or a subgraph may have this name. */
export const isName = (name: string): boolean => /^[a-zA-Z0-9][a-zA-Z0-9_./-]{0,63}$/.test(name)

/** The rule of `isName` in words. */
export const nameRule =
  'take up to 64 letters, digits, dots, slashes, hyphens and underscores, the first a letter or digit'
