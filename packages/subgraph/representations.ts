import { badUserInput } from '@supergraph/runtime/errors.ts'
import type { Viewer } from '@supergraph/runtime/identity.ts'
import type { GraphQLSchema } from 'graphql'

/** How many entities a service may ask another one for in one request; the gateway's requests join those of many fields. */
export const maxRepresentations = 100

/** Refuses requests of services, other than the gateway, for more than 100 entities, however many fields they are spread over. */
export const limitRepresentations = <C extends { readonly viewer: Viewer }>(schema: GraphQLSchema): void => {
  const asked = new WeakMap<C, number>()
  const field = schema.getQueryType()?.getFields()._entities
  const resolve = field?.resolve
  if (field === undefined || resolve === undefined) return
  field.resolve = (source, args: { readonly representations: readonly unknown[] }, context: C, info) => {
    if (context.viewer.kind === 'service') {
      const count = (asked.get(context) ?? 0) + args.representations.length
      asked.set(context, count)
      if (count > maxRepresentations) {
        throw badUserInput(
          `A service may ask for ${maxRepresentations} entities in a request: send several requests.`,
        )
      }
    }
    return resolve(source, args, context, info)
  }
}
