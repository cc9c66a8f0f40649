import { GraphQLScalarType } from 'graphql'
import { LocalDateResolver, SafeIntResolver } from 'graphql-scalars'

/** `Date`: a day, as ISO 8601 text in resolvers as on the wire. */
export const dateScalar = new GraphQLScalarType({ ...LocalDateResolver.toConfig(), name: 'Date' })

/** `SafeInt`: a whole number that JSON and JavaScript hold exactly. */
export const safeIntScalar = SafeIntResolver
