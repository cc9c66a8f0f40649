import { composeServices } from '@apollo/composition'
import { ROUTER_SUPPORTED_SUPERGRAPH_FEATURES, Supergraph } from '@apollo/federation-internals'
import { GraphQLError, parse, printSchema } from 'graphql'
import { describeRequiredArguments, findRequiredArguments } from './required-arguments.ts'

/** A subgraph as it takes part in a composition. */
export type Subgraph = { readonly name: string; readonly url: string; readonly sdl: string }

/** Why subgraphs do not compose. */
export type CompositionError = {
  /** Such as `EXTERNAL_UNUSED`. */
  readonly code: string
  readonly message: string
  /** Where in the subgraphs' SDL, counted from 1. */
  readonly locations: readonly Location[]
}

type Location = { readonly line: number; readonly column: number }

/** What some subgraphs compose to. */
export type Composition =
  | {
      readonly kind: 'composed'
      readonly supergraph: string
      readonly api: string
      readonly hints: readonly string[]
    }
  | FailedComposition

type FailedComposition = { readonly kind: 'failed'; readonly errors: readonly CompositionError[] }

/** Composes subgraphs; an SDL that is no GraphQL is one more reason why they do not compose. */
export const composeSubgraphs = (subgraphs: readonly Subgraph[]): Composition => {
  const parsed = subgraphs.map(({ name, url, sdl }) => ({ name, url, typeDefs: parseSdl(name, sdl) }))
  const unreadable = parsed.flatMap(({ typeDefs }) => ('message' in typeDefs ? [typeDefs] : []))
  if (unreadable.length > 0) return { kind: 'failed', errors: unreadable }
  const result = composeServices(
    parsed.flatMap(({ name, url, typeDefs }) => ('message' in typeDefs ? [] : [{ name, url, typeDefs }])),
  )
  if (result.errors) return { kind: 'failed', errors: result.errors.map(toCompositionError) }
  const wrong = findRequiredArguments(parse(result.supergraphSdl))
  if (wrong.length > 0) {
    const errors = wrong.map(found => ({
      code: 'REQUIRED_FIELD_WITH_ARGUMENTS',
      message: describeRequiredArguments(found),
      locations: [],
    }))
    return { kind: 'failed', errors }
  }
  return {
    kind: 'composed',
    supergraph: result.supergraphSdl,
    api: `${printSchema(apiSchemaOf(result.supergraphSdl))}\n`,
    hints: result.hints.map(hint => hint.toString()),
  }
}

/** The schema that clients see: the supergraph without inaccessible parts and without federation's own names. */
export const apiSchemaOf = (supergraphSdl: string) =>
  Supergraph.build(supergraphSdl, { supportedFeatures: ROUTER_SUPPORTED_SUPERGRAPH_FEATURES })
    .apiSchema()
    .toGraphQLJSSchema()

const parseSdl = (name: string, sdl: string) => {
  try {
    return parse(sdl)
  } catch (error) {
    if (!(error instanceof GraphQLError)) throw error
    const [at] = error.locations ?? []
    const where = at === undefined ? '' : ` (line ${at.line}, column ${at.column})`
    return {
      code: 'UNREADABLE',
      message: `[${name}] ${error.message}${where}`,
      locations: error.locations ?? [],
    }
  }
}

const toCompositionError = ({ message, extensions, locations = [] }: GraphQLError): CompositionError => ({
  code: typeof extensions.code === 'string' ? extensions.code : 'UNKNOWN',
  message,
  locations: locations.map(({ line, column }) => ({ line, column })),
})
