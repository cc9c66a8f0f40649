import { type Schema, Supergraph } from '@apollo/federation-internals'
import { QueryPlanner } from '@apollo/query-planner'
import type { GraphQLSchema } from 'graphql'

/** A supergraph, ready to validate, plan and execute on. */
export type LoadedSupergraph = {
  readonly sdl: string
  /** What clients see. */
  readonly schema: GraphQLSchema
  readonly apiSchema: Schema
  /** What plans are executed on. */
  readonly supergraphSchema: GraphQLSchema
  readonly planner: QueryPlanner
  readonly subgraphs: readonly { readonly name: string; readonly url: string }[]
}

/** Loads composed SDL; throws where it is no valid supergraph. */
export const loadSupergraph = (sdl: string): LoadedSupergraph => {
  const supergraph = Supergraph.build(sdl)
  const apiSchema = supergraph.apiSchema()
  return {
    sdl,
    schema: apiSchema.toGraphQLJSSchema(),
    apiSchema,
    supergraphSchema: supergraph.schema.toGraphQLJSSchema(),
    planner: new QueryPlanner(supergraph),
    subgraphs: supergraph.subgraphsMetadata(),
  }
}
