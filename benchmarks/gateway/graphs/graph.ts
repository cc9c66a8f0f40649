import { composeServices } from '@apollo/composition'
import { Supergraph } from '@apollo/federation-internals'
import { buildSubgraphSchema } from '@apollo/subgraph'
import { type GraphQLSchema, graphql, parse } from 'graphql'

/** The data behind a graph: an object for each type, with functions for fields that take arguments or lead elsewhere. */
export type Source = Readonly<Record<string, unknown>>

/** A federated graph over data in memory. */
export type Graph = {
  /** SDL of each subgraph, by name. */
  readonly subgraphs: Readonly<Record<string, string>>
  /** The root value of every subgraph. */
  readonly root: Source
  /** Finds an entity from its representation, by type. */
  readonly entities: Readonly<Record<string, (representation: Source) => Source | undefined>>
}

/** An operation as clients send it. */
export type ClientRequest = {
  readonly query: string
  readonly operationName: string
  readonly variables: Readonly<Record<string, unknown>>
}

/** Puts this before the SDL of a subgraph. */
export const federation =
  'extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@listSize", "@external", "@provides", "@requires", "@shareable"])'

/** Composes the subgraphs at these addresses. */
export const composeGraph = ({ subgraphs }: Graph, urls: Readonly<Record<string, string>>): string => {
  const composed = composeServices(
    Object.entries(subgraphs).map(([name, sdl]) => ({ name, url: urls[name] ?? '', typeDefs: parse(sdl) })),
  )
  if (composed.errors !== undefined) throw new AggregateError(composed.errors, 'the subgraphs do not compose')
  return composed.supergraphSdl
}

/** Makes the schema of one subgraph, to be executed with the graph's root. */
export const createSubgraphSchema = ({ subgraphs, entities }: Graph, name: string): GraphQLSchema => {
  const sdl = subgraphs[name] ?? ''
  const resolvers = Object.entries(entities)
    .filter(
      ([type]) =>
        sdl.includes(`type ${type} `) && !sdl.includes(`type ${type} @key(fields: "id", resolvable: false)`),
    )
    .map(([type, find]) => [type, { __resolveReference: find }])
  return buildSubgraphSchema({ typeDefs: parse(sdl), resolvers: Object.fromEntries(resolvers) })
}

/** Answers operations from the data itself, with no federation between. */
export const createReference = ({ root }: Graph, supergraphSdl: string) => {
  const schema = Supergraph.build(supergraphSdl).apiSchema().toGraphQLJSSchema()
  return async ({ query, operationName, variables }: ClientRequest): Promise<unknown> =>
    graphql({ schema, source: query, rootValue: root, operationName, variableValues: variables })
}
