import { type GraphQLSchema, isAbstractType, isInterfaceType } from 'graphql'
import type { Entity } from './run.ts'

/** Whether an object, by its `__typename`, is of a type. */
export type IsOfType = (entity: Entity) => boolean

/** Tells which objects are of a type: those of the type itself, and of those that an interface or union may be. */
export const createIsOfType = (schema: GraphQLSchema, name: string): IsOfType => {
  const type = schema.getType(name)
  const names = new Set<unknown>([name])
  if (isAbstractType(type)) {
    for (const possible of schema.getPossibleTypes(type)) names.add(possible.name)
    if (isInterfaceType(type))
      for (const possible of schema.getImplementations(type).interfaces) names.add(possible.name)
  }
  return entity => names.has(entity.__typename)
}
