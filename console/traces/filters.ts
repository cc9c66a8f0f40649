/** A condition on traces, such as `duration>100ms` or `supergraph.subgraph=orders`. */
export type Filter = { readonly key: string; readonly operator: Operator; readonly value: string }

export type Operator = '=' | '!=' | '~' | '>' | '<'

/** Filters as the address of a page holds them: those that are on, and those that wait to be switched on again. */
export type Filters = { readonly on: readonly string[]; readonly off: readonly string[] }

/** Reads a condition; words without an operator are looked for everywhere. Undefined if nothing is written. */
export const readFilter = (text: string): Filter | undefined => {
  const [, key, operator, value = ''] = /^\s*([\w.-]+)\s*(!=|=|~|>|<)\s*(.+?)\s*$/.exec(text) ?? []
  if (key !== undefined && isOperator(operator)) return { key, operator, value }
  const words = text.trim()
  return words === '' ? undefined : { key: 'any', operator: '~', value: words }
}

/** The filters in the query of an address. */
export const readFilters = (query: URLSearchParams): Filters => ({
  on: query.getAll('filter'),
  off: query.getAll('off'),
})

/** The same query with other filters. */
export const withFilters = (query: URLSearchParams, { on, off }: Filters): URLSearchParams => {
  const changed = new URLSearchParams(query)
  for (const key of ['filter', 'off', 'before']) changed.delete(key)
  for (const text of new Set(on)) changed.append('filter', text)
  for (const text of new Set(off)) changed.append('off', text)
  return changed
}

/** `100ms`, `1.5s`, `250us`, or a number of milliseconds, as microseconds; undefined if it is none of them. */
export const readDurationUs = (text: string): number | undefined => {
  const [, amount, unit = 'ms'] = /^(\d+(?:\.\d+)?)\s*(us|µs|ms|s|m|h)?$/.exec(text.trim()) ?? []
  return amount === undefined ? undefined : Math.round(Number(amount) * (usOf[unit] ?? 1_000))
}

const usOf: Readonly<Record<string, number>> = {
  us: 1,
  µs: 1,
  ms: 1_000,
  s: 1_000_000,
  m: 60_000_000,
  h: 3_600_000_000,
}

const isOperator = (text: string | undefined): text is Operator =>
  text === '=' || text === '!=' || text === '~' || text === '>' || text === '<'
