import { badUserInput } from '@supergraph/runtime/errors.ts'
import type { Viewer } from '@supergraph/runtime/identity.ts'
import type { GraphQLFieldResolver, GraphQLSchema } from 'graphql'
import { firstOfEach, placesOfEqual, spreadOver } from './equal-representations.ts'

/** How many entities a service may ask another one for in one request; the gateway's requests join those of many fields. */
export const maxRepresentations = 100

type EntitiesArguments = { readonly representations: readonly unknown[] }
type ResolveEntities<C> = GraphQLFieldResolver<unknown, C, EntitiesArguments>

/** Makes a subgraph resolve equal representations of one `_entities` field once. */
export const resolveEqualOnce = (schema: GraphQLSchema): void =>
  changeEntities(schema, resolve => async (source, given, context, info) => {
    const { representations } = given
    const places = placesOfEqual(representations)
    if (places === undefined) return resolve(source, given, context, info)
    const distinct = { ...given, representations: firstOfEach(representations, places) }
    return spreadOver(Object(await resolve(source, distinct, context, info)), places)
  })

/** Refuses requests of services, other than the gateway, for more than 100 entities, however many fields they are spread over. */
export const limitRepresentations = <C extends { readonly viewer: Viewer }>(schema: GraphQLSchema): void => {
  const asked = new WeakMap<C, number>()
  changeEntities<C>(schema, resolve => (source, given, context, info) => {
    if (context.viewer.kind === 'service') {
      const count = (asked.get(context) ?? 0) + given.representations.length
      asked.set(context, count)
      if (count > maxRepresentations)
        throw badUserInput(
          `A service may ask for ${maxRepresentations} entities in a request: send several requests.`,
        )
    }
    return resolve(source, given, context, info)
  })
}

/** Changes how a subgraph resolves `_entities`, if it has entities. */
const changeEntities = <C>(
  schema: GraphQLSchema,
  change: (resolve: ResolveEntities<C>) => ResolveEntities<C>,
): void => {
  const field = schema.getQueryType()?.getFields()._entities
  if (field?.resolve !== undefined) field.resolve = change(field.resolve)
}
