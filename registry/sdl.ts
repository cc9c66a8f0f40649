import { GraphQLError, parse } from 'graphql'
import { Refusal } from './refusal.ts'

/** Throws a Refusal with the line if a subgraph's SDL is no GraphQL. */
export const parseSdl = (name: string, sdl: string): void => {
  try {
    parse(sdl, { noLocation: true })
  } catch (error) {
    if (!(error instanceof GraphQLError)) throw error
    const [at] = error.locations ?? []
    throw new Refusal(
      'BAD_USER_INPUT',
      `the schema of ${name} is no GraphQL: ${error.message} (line ${at?.line}, column ${at?.column})`,
    )
  }
}
