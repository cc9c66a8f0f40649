import { argumentsOf, linkedDirectives } from '@supergraph/composition/linked-directives.ts'
import { type ConstDirectiveNode, type DocumentNode, Kind, OperationTypeNode } from 'graphql'
import { z } from 'zod'

const tellings = ['client-address', 'client-device'] as const

/** What a subgraph may be told of the client: its address, or its device in words. */
export type Telling = (typeof tellings)[number]

/** What a subgraph is told with mutations, and with everything else. */
export type Told = { readonly mutations: readonly Telling[]; readonly reads: readonly Telling[] }

/** A subgraph of a supergraph. */
export type Subgraph = {
  readonly name: string
  readonly url: string
  /** What it has tagged a field for, such as with `@tag(name: "client-address")`. */
  readonly told: Told
}

type Directives = readonly ConstDirectiveNode[] | undefined

const features = { tag: 'https://specs.apollo.dev/tag/v0.3' }
const subgraph = z.object({ name: z.string(), url: z.string() })
const inGraph = z.object({ graph: z.string(), external: z.boolean().default(false) })

/** Reads the subgraphs that a supergraph was composed of. */
export const readSubgraphs = (supergraph: DocumentNode): readonly Subgraph[] => {
  const toldOf = createToldOf(supergraph)
  return supergraph.definitions
    .filter(definition => definition.kind === Kind.ENUM_TYPE_DEFINITION)
    .filter(({ name }) => name.value === 'join__Graph')
    .flatMap(({ values = [] }) => values)
    .flatMap(({ name, directives }) =>
      argumentsIn(directives, 'join__graph').map(values => ({
        ...subgraph.parse(values),
        told: toldOf(name.value),
      })),
    )
}

/** n.b. with mutations alone if only they need it: otherwise each reader would take an identity token of their own */
const createToldOf = (supergraph: DocumentNode): ((graph: string) => Told) => {
  const tags = [...linkedDirectives(supergraph, features).keys()]
  const types = supergraph.definitions.filter(definition => definition.kind === Kind.OBJECT_TYPE_DEFINITION)
  const mutation = mutationTypeIn(supergraph)
  const graphsToldBy = (telling: Telling, isMutation: boolean): ReadonlySet<string> => {
    const isTold = (directives: Directives) =>
      tags.some(tag => argumentsIn(directives, tag).some(({ name }) => name === telling))
    return new Set(
      types
        .filter(({ name }) => (name.value === mutation) === isMutation)
        .flatMap(({ fields = [], directives: ofType }) =>
          fields
            .filter(({ directives }) => isTold(directives))
            .flatMap(
              ({ directives }) => graphsIn(directives, 'join__field') ?? graphsIn(ofType, 'join__type') ?? [],
            ),
        ),
    )
  }
  const graphs = tellings.map(telling => ({
    telling,
    mutations: graphsToldBy(telling, true),
    reads: graphsToldBy(telling, false),
  }))
  return graph => ({
    mutations: graphs.filter(({ mutations }) => mutations.has(graph)).map(({ telling }) => telling),
    reads: graphs.filter(({ reads }) => reads.has(graph)).map(({ telling }) => telling),
  })
}

const mutationTypeIn = (supergraph: DocumentNode): string | undefined =>
  supergraph.definitions
    .filter(definition => definition.kind === Kind.SCHEMA_DEFINITION)
    .flatMap(({ operationTypes }) => operationTypes)
    .find(({ operation }) => operation === OperationTypeNode.MUTATION)?.type.name.value

/** n.b. a field that is in every subgraph of its type has no `@join__field`. */
const graphsIn = (directives: Directives, name: 'join__field' | 'join__type') => {
  const joins = argumentsIn(directives, name).map(values => inGraph.parse(values))
  return joins.length === 0 ? undefined : joins.filter(({ external }) => !external).map(({ graph }) => graph)
}

const argumentsIn = (directives: Directives = [], name: string) =>
  directives.filter(directive => directive.name.value === name).map(argumentsOf)
