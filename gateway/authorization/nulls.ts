import { type GraphQLOutputType, getNullableType, isListType, isNonNullType } from 'graphql'

/** The places of an answer at which a stand-in becomes null, by response key. */
export type Nulls = {
  readonly standIns: Map<string, { readonly key: string; readonly nonNull: boolean }>
  readonly fields: Map<string, { readonly type: GraphQLOutputType; readonly nulls: Nulls }>
}

/**
 * Puts the nulls into the JSON text of an answer. If a field may not be null, the nearest object around it that may be null
 * is null.
 */
export const withNulls = (data: string, nulls: Nulls): string => {
  const parsed: unknown = JSON.parse(data)
  return isObject(parsed) ? JSON.stringify(nullsIn(parsed, nulls)) : data
}

const nullsIn = (
  data: Readonly<Record<string, unknown>>,
  { standIns, fields }: Nulls,
): Record<string, unknown> | null => {
  const answer: Record<string, unknown> = Object.create(null)
  for (const [key, value] of Object.entries(data)) {
    const standIn = standIns.get(key)
    if (standIn !== undefined) {
      if (standIn.nonNull) return null
      answer[standIn.key] = null
      continue
    }
    // n.b. one key may be forbidden in a fragment on an interface, and allowed in a fragment on one of its objects
    if (answer[key] === null) continue
    const field = fields.get(key)
    answer[key] = field === undefined ? value : completed(value, field.type, field.nulls)
    if (answer[key] === null && field !== undefined && isNonNullType(field.type)) return null
  }
  return answer
}

const completed = (value: unknown, type: GraphQLOutputType, nulls: Nulls): unknown => {
  const nullable = getNullableType(type)
  if (isListType(nullable)) {
    if (!Array.isArray(value)) return null
    const items = value.map(item => completed(item, nullable.ofType, nulls))
    return isNonNullType(nullable.ofType) && items.includes(null) ? null : items
  }
  return isObject(value) ? nullsIn(value, nulls) : null
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null
