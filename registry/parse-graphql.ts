import { type DocumentNode, GraphQLError, parse } from 'graphql'
import { Refusal } from './refusal.ts'

/** A text that should be GraphQL; `what` names it in words. */
export type NamedText = { readonly what: string; readonly text: string }

/** Parses a text without its locations; throws a Refusal that names `what` and the line if it is no GraphQL. */
export const parseGraphql = ({ what, text }: NamedText): DocumentNode => {
  try {
    return parse(text, { noLocation: true })
  } catch (error) {
    // n.b. the parser calls itself for each level
    if (error instanceof RangeError) throw new Refusal('BAD_USER_INPUT', `${what} has too many levels`)
    if (!(error instanceof GraphQLError)) throw error
    const [at] = error.locations ?? []
    const message = `${what} is no GraphQL: ${error.message} (line ${at?.line}, column ${at?.column})`
    throw new Refusal('BAD_USER_INPUT', message)
  }
}

/** Why the first of the texts that is no GraphQL is none; undefined if all are. */
export const findMistake = (texts: readonly NamedText[]): string | undefined => {
  try {
    for (const text of texts) parseGraphql(text)
  } catch (error) {
    if (error instanceof Refusal) return error.message
    throw error
  }
  return undefined
}
