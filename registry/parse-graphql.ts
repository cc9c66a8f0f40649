import { type DocumentNode, GraphQLError, parse } from 'graphql'
import { Refusal } from './refusal.ts'

/** Parses a text without its locations; throws a Refusal that names `what` and the line if it is no GraphQL. */
export const parseGraphql = (what: string, text: string): DocumentNode => {
  try {
    return parse(text, { noLocation: true })
  } catch (error) {
    if (!(error instanceof GraphQLError)) throw error
    const [at] = error.locations ?? []
    const message = `${what} is no GraphQL: ${error.message} (line ${at?.line}, column ${at?.column})`
    throw new Refusal('BAD_USER_INPUT', message)
  }
}
