import { argumentsOf, linkedDirectives } from '@supergraph/composition/linked-directives.ts'
import { type ConstDirectiveNode, type DocumentNode, Kind } from 'graphql'
import { z } from 'zod'

/** A subgraph of a supergraph. */
export type Subgraph = {
  readonly name: string
  readonly url: string
  /** Whether the subgraph is told the client's address: it resolves a field with `@tag(name: "client-address")`. */
  readonly isToldClientAddress: boolean
}

type Directives = readonly ConstDirectiveNode[] | undefined

const features = { tag: 'https://specs.apollo.dev/tag/v0.3' }
const subgraph = z.object({ name: z.string(), url: z.string() })
const inGraph = z.object({ graph: z.string(), external: z.boolean().default(false) })

/** Reads the subgraphs that a supergraph was composed of. */
export const readSubgraphs = (supergraph: DocumentNode): readonly Subgraph[] => {
  const told = graphsToldClientAddress(supergraph)
  return supergraph.definitions
    .filter(definition => definition.kind === Kind.ENUM_TYPE_DEFINITION)
    .filter(({ name }) => name.value === 'join__Graph')
    .flatMap(({ values = [] }) => values)
    .flatMap(({ name, directives }) =>
      argumentsIn(directives, 'join__graph').map(values => ({
        ...subgraph.parse(values),
        isToldClientAddress: told.has(name.value),
      })),
    )
}

const graphsToldClientAddress = (supergraph: DocumentNode): ReadonlySet<string> => {
  const tags = [...linkedDirectives(supergraph, features).keys()]
  const isTold = (directives: Directives) =>
    tags.some(tag => argumentsIn(directives, tag).some(({ name }) => name === 'client-address'))
  const types = supergraph.definitions.filter(definition => definition.kind === Kind.OBJECT_TYPE_DEFINITION)
  return new Set(
    types.flatMap(({ fields = [], directives: ofType }) =>
      fields
        .filter(({ directives }) => isTold(directives))
        .flatMap(
          ({ directives }) => graphsIn(directives, 'join__field') ?? graphsIn(ofType, 'join__type') ?? [],
        ),
    ),
  )
}

/** n.b. a field that is in every subgraph of its type has no `@join__field`. */
const graphsIn = (directives: Directives, name: 'join__field' | 'join__type') => {
  const joins = argumentsIn(directives, name).map(values => inGraph.parse(values))
  return joins.length === 0 ? undefined : joins.filter(({ external }) => !external).map(({ graph }) => graph)
}

const argumentsIn = (directives: Directives = [], name: string) =>
  directives.filter(directive => directive.name.value === name).map(argumentsOf)
