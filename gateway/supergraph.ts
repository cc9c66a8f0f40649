import { type Schema, Supergraph } from '@apollo/federation-internals'
import { QueryPlanner } from '@apollo/query-planner'
import { type GraphQLSchema, parse, print } from 'graphql'
import { type Requirements, readRequirements, withoutEnforcedPurposes } from './authorization/requirements.ts'

/** A supergraph, ready to validate, plan and execute on. */
export type LoadedSupergraph = {
  /** As Apollo's libraries load it; what it asks of viewers is ours to enforce. */
  readonly sdl: string
  /** What clients see. */
  readonly schema: GraphQLSchema
  readonly apiSchema: Schema
  /** What plans are executed on. */
  readonly supergraphSchema: GraphQLSchema
  readonly planner: QueryPlanner
  readonly subgraphs: readonly { readonly name: string; readonly url: string }[]
  /** What a viewer must be for which field. */
  readonly requirements: Requirements
}

/** Loads composed SDL; throws where it is no valid supergraph, or asks for security that the gateway doesn't enforce. */
export const loadSupergraph = (composedSdl: string): LoadedSupergraph => {
  const composed = parse(composedSdl)
  const sdl = print(withoutEnforcedPurposes(composed))
  const supergraph = Supergraph.build(sdl)
  const apiSchema = supergraph.apiSchema()
  return {
    sdl,
    schema: apiSchema.toGraphQLJSSchema(),
    apiSchema,
    supergraphSchema: supergraph.schema.toGraphQLJSSchema(),
    planner: new QueryPlanner(supergraph),
    subgraphs: supergraph.subgraphsMetadata(),
    requirements: readRequirements(composed),
  }
}
