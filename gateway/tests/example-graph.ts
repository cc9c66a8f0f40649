import { composeServices } from '@apollo/composition'
import { buildSubgraphSchema } from '@apollo/subgraph'
import { type GraphQLSchema, graphqlSync, parse } from 'graphql'
import type { FabricatedSubgraphs, RawAnswer } from './differential/subgraphs.ts'

const link = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: [
  "@key", "@shareable", "@external", "@requires", "@provides", "@override", "@interfaceObject", "@inaccessible"
])\n`

/** How an entity is represented. */
export type Representation = Readonly<Record<string, unknown>> & {
  readonly __typename: string
  readonly id: string
}

/** A subgraph of an example, and how it finds entities, by their types: without that, an entity is its representation. */
export type Example = {
  readonly sdl: string
  readonly resolvers: object
  readonly references?: Readonly<
    Record<string, (representation: Representation) => object | null | undefined>
  >
}

/** What was asked of a subgraph. */
export type Question = {
  readonly service: string
  readonly query: string
  readonly variables: Readonly<Record<string, unknown>>
}

/** What a subgraph answers instead of what it would; undefined if it answers as it would. */
export type Instead = (question: Question) => RawAnswer | undefined

/** Subgraphs that execute what they are asked, at once, and a supergraph of them. */
export const createExampleGraph = (examples: Readonly<Record<string, Example>>) => {
  const { errors, supergraphSdl } = composeServices(
    Object.entries(examples).map(([name, { sdl }]) => ({
      name,
      url: `http://${name}`,
      typeDefs: parse(link + sdl),
    })),
  )
  if (errors !== undefined) throw new AggregateError(errors, 'the examples do not compose')
  const schemas = new Map(Object.entries(examples).map(([name, example]) => [name, schemaOf(example)]))
  return {
    supergraphSdl,
    /** Begins to listen to what the subgraphs are asked. */
    subgraphs: (asked: Question[], instead: Instead = () => undefined): FabricatedSubgraphs => ({
      names: [...schemas.keys()],
      ask: (service, { query, variables }) => {
        asked.push({ service, query, variables })
        const other = instead({ service, query, variables })
        if (other !== undefined) return other
        const schema = schemas.get(service)
        if (schema === undefined) throw new Error(`there is no subgraph ${service}`)
        const { data, errors } = graphqlSync({ schema, source: query, variableValues: { ...variables } })
        if (errors === undefined) return { data }
        const extensions = { code: 'INTERNAL_SERVER_ERROR' }
        return {
          data,
          errors: errors.map(({ message, path }) => ({ message, ...(path && { path }), extensions })),
        }
      },
    }),
  }
}

const schemaOf = ({ sdl, resolvers, references = {} }: Example): GraphQLSchema => {
  const schema = buildSubgraphSchema([{ typeDefs: parse(link + sdl), resolvers: { ...resolvers } }])
  const entities = schema.getQueryType()?.getFields()._entities
  // n.b. Apollo's own resolver of it gives promises
  if (entities !== undefined)
    entities.resolve = (_, { representations }: { readonly representations: readonly Representation[] }) =>
      representations.map(representation => {
        const { __typename } = representation
        const find = references[__typename]
        const entity = find === undefined ? representation : find(representation)
        return entity == null ? null : { __typename, ...entity }
      })
  return schema
}
