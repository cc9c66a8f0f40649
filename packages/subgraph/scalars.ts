import {
  GraphQLError,
  GraphQLScalarType,
  type GraphQLSchema,
  isScalarType,
  type ValueNode,
  valueFromASTUntyped,
} from 'graphql'
import { DateTimeISOResolver, LocalDateResolver, SafeIntResolver } from 'graphql-scalars'

type Library = Pick<GraphQLScalarType, 'toConfig' | 'parseValue'>

/**
 * The library's scalar under a name of ours. What it does not take, or `isStorable` does not allow, is BAD_USER_INPUT,
 * whether it stands in the document or in a variable; the refusal does not repeat the value.
 */
const scalar = (
  name: string,
  library: Library,
  wanted: string,
  isStorable: (value: unknown) => boolean = () => true,
) => {
  const parse = (given: unknown, nodes?: ValueNode): unknown => {
    const value = parsedBy(library, given)
    if (value === undefined || !isStorable(value))
      throw new GraphQLError(`Expected ${wanted}.`, { nodes, extensions: { code: 'BAD_USER_INPUT' } })
    return value
  }
  return new GraphQLScalarType({
    ...library.toConfig(),
    name,
    specifiedByURL: undefined,
    parseValue: given => parse(given),
    parseLiteral: (node, variables) => parse(valueFromASTUntyped(node, variables), node),
  })
}

const parsedBy = ({ parseValue }: Library, given: unknown): unknown => {
  try {
    return parseValue(given)
  } catch {
    return undefined
  }
}

// n.b. PostgreSQL has no year 0, and ISO 8601 writes a year after 9999 in another form
const isStorableInstant = (value: unknown): boolean =>
  value instanceof Date && value.getUTCFullYear() >= 1 && value.getUTCFullYear() <= 9999
const isStorableDay = (value: unknown): boolean => typeof value === 'string' && value >= '0001'

/** `DateTime`: an instant, a Date in resolvers and ISO 8601 text with milliseconds on the wire. */
export const dateTimeScalar = scalar(
  'DateTime',
  DateTimeISOResolver,
  'an instant in ISO 8601 with its time zone, of the years 0001 to 9999',
  isStorableInstant,
)

/** `Date`: a day of the calendar, ISO 8601 text in resolvers and on the wire. */
export const dateScalar = scalar(
  'Date',
  LocalDateResolver,
  'a day of the calendar such as "2026-03-01", of the years 0001 to 9999',
  isStorableDay,
)

/** `SafeInt`: a whole number of 53 bits, which a double holds exactly. */
export const safeIntScalar = scalar(
  'SafeInt',
  SafeIntResolver,
  `a whole number from -${Number.MAX_SAFE_INTEGER} to ${Number.MAX_SAFE_INTEGER}`,
)

const scalars = [dateTimeScalar, dateScalar, safeIntScalar]

/** Makes a schema that was built from SDL check the values of these scalars, which it would take unread. */
export const checkScalars = (schema: GraphQLSchema): void => {
  for (const { name, parseValue, parseLiteral } of scalars) {
    const type = schema.getType(name)
    if (isScalarType(type)) Object.assign(type, { parseValue, parseLiteral })
  }
}
