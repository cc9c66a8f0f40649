import type { GraphQLSchema } from 'graphql'

/** Makes a subgraph resolve equal representations of one `_entities` field once. */
export const resolveEqualOnce = (schema: GraphQLSchema): void => {
  const field = schema.getQueryType()?.getFields()._entities
  const resolve = field?.resolve
  if (field === undefined || resolve === undefined) return
  field.resolve = async (source, given, context, info) => {
    const { representations } = given
    const places = Map.groupBy<string, unknown>(representations, representation =>
      JSON.stringify(representation),
    )
    if (places.size === representations.length) return resolve(source, given, context, info)
    const distinct = [...places.values()].map(([first]) => first)
    const entities = Object(await resolve(source, { ...given, representations: distinct }, context, info))
    const entityOf = new Map([...places.keys()].map((text, index) => [text, entities[index]]))
    return representations.map((representation: unknown) => entityOf.get(JSON.stringify(representation)))
  }
}
