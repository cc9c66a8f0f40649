import { GraphQLScalarType } from 'graphql'
import { DateTimeISOResolver } from 'graphql-scalars'

/** `DateTime`: an instant, a Date in resolvers and ISO 8601 text with milliseconds on the wire. */
export const dateTimeScalar = new GraphQLScalarType({ ...DateTimeISOResolver.toConfig(), name: 'DateTime' })
