import { GraphQLScalarType } from 'graphql'
import { DateTimeISOResolver, SafeIntResolver } from 'graphql-scalars'

/** `DateTime`: an instant, a Date in resolvers and ISO 8601 text with milliseconds on the wire. */
export const dateTimeScalar = new GraphQLScalarType({ ...DateTimeISOResolver.toConfig(), name: 'DateTime' })

/** `SafeInt`: a whole number of 53 bits, a number in resolvers and on the wire. */
export const safeIntScalar = new GraphQLScalarType({
  ...SafeIntResolver.toConfig(),
  specifiedByURL: undefined,
})
