import type { Subgraph } from '@supergraph/composition/composition.ts'
import type { RecordedOperation } from '@supergraph/composition/graph-changes.ts'

const link =
  'extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@shareable", "@listSize"])'
const subgraphsForEachUser = 10
const maxOperations = 200

/**
 * A graph of so many subgraphs as companies have them: each owns an entity with a page of it, refers to those of two others,
 * adds a field to one of them, and shares value types with all; every tenth adds one to `User`, which the first has.
 */
export const generateSubgraphs = (count: number): readonly Subgraph[] =>
  Array.from({ length: count }, (_, index) => ({
    name: `team${index}`,
    url: `http://team${index}.example/graphql`,
    sdl: sdlOf(index, count),
  }))

/** The same graph after one subgraph got a field, another argument and another type. */
export const changeSubgraphs = (subgraphs: readonly Subgraph[]): readonly Subgraph[] => {
  const changed = Math.floor(subgraphs.length / 2)
  return subgraphs.map((subgraph, index) =>
    index === changed
      ? {
          ...subgraph,
          sdl: subgraph.sdl
            .replace('  weight: Int\n', '  weight: Float\n  "In metres."\n  height: Float\n')
            .replace('note: String\n', 'note(locale: String): String\n'),
        }
      : subgraph,
  )
}

/** Operations of clients, each of which goes through three subgraphs; at most 200. */
export const generateOperations = (count: number): readonly RecordedOperation[] =>
  Array.from({ length: Math.min(count, maxOperations) }, (_, number) => {
    const index = Math.floor((number * count) / Math.min(count, maxOperations))
    const text = `query Page${index}($id: ID!) {
      item${index}(id: $id) { name weight note status price { amountMinor currency } parent { name weight } previous { name parent { name } } }
    }`
    return { file: `page${index}.graphql`, text }
  })

const sdlOf = (index: number, count: number): string => {
  const [parent, previous] = [Math.floor(index / 2), (index + count - 1) % count]
  const users = index === 0 ? 'name: String' : `items${index}: [Item${index}!] @listSize(assumedSize: 10)`
  const others = [...new Set([parent, previous])].filter(other => other !== index)
  return `${link}

type Query {
  "An item of this team."
  item${index}(id: ID!): Item${index}
  "A page of its items."
  items${index}(first: Int = 20, after: String): Item${index}Connection
    @listSize(slicingArguments: ["first"], sizedFields: ["edges"], requireOneSlicingArgument: false)
}

type Mutation {
  "Changes an item."
  updateItem${index}(input: UpdateItem${index}Input!): UpdateItem${index}Result
}

"What this team has."
type Item${index} @key(fields: "id") {
  id: ID!
  name: String!
  weight: Int
  note: String
  status: Status${index}!
  price: Money!
  tags: [String!]
  parent: Item${parent}
  previous: Item${previous}
}

type Item${index}Connection { edges: [Item${index}Edge!]! pageInfo: PageInfo! }
type Item${index}Edge { cursor: String! node: Item${index}! }
type PageInfo @shareable { hasNextPage: Boolean! endCursor: String }
type Money @shareable { amountMinor: Int! currency: String! }
enum Status${index} { DRAFT ACTIVE RETIRED }
input UpdateItem${index}Input { id: ID! name: String note: String }
union UpdateItem${index}Result = UpdateItem${index}Success | NotFound${index}
type UpdateItem${index}Success { item: Item${index}! }
type NotFound${index} { message: String! }
${others.map(other => `type Item${other} @key(fields: "id") { id: ID! ${other === parent ? `ofTeam${index}: Int` : ''} }`).join('\n')}
${index % subgraphsForEachUser === 0 ? `type User @key(fields: "id") { id: ID! ${users} }` : ''}
`
}
