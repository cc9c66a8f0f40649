import { readFileSync } from 'node:fs'
import { type Schema, Supergraph } from '@apollo/federation-internals'
import { QueryPlanner } from '@apollo/query-planner'
import { type GraphQLSchema, parse, print } from 'graphql'
import { type Requirements, readRequirements, withoutEnforcedPurposes } from './authorization/requirements.ts'
import { readSubgraphs, type Subgraph } from './subgraphs/subgraphs.ts'

/** A supergraph, ready to validate, plan and execute on. */
export type LoadedSupergraph = {
  /** As Apollo's libraries load it; the gateway itself enforces what the supergraph asks of viewers. */
  readonly sdl: string
  /** What clients see. */
  readonly schema: GraphQLSchema
  readonly apiSchema: Schema
  /** What plans are executed on. */
  readonly supergraphSchema: GraphQLSchema
  readonly planner: QueryPlanner
  readonly subgraphs: readonly Subgraph[]
  /** What a viewer must be for which field. */
  readonly requirements: Requirements
}

/** Reads the SDL of the composed supergraph. */
export const readSupergraph = (): string =>
  readFileSync(new URL('../schema/supergraph.graphql', import.meta.url), 'utf8')

/** Loads composed SDL; throws if it is no valid supergraph, or asks for security that the gateway doesn't enforce. */
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
    subgraphs: readSubgraphs(composed),
    requirements: readRequirements(composed),
  }
}
