import {
  type GraphQLCompositeType,
  type GraphQLSchema,
  getNamedType,
  isAbstractType,
  isUnionType,
} from 'graphql'
import type { Authority } from './authority.ts'
import type { Requirement, Requirements } from './requirements.ts'

/** Whether this authority may not have this field of the type on which it is selected. */
export type IsForbidden = (authority: Authority, parent: GraphQLCompositeType, field: string) => boolean

/**
 * Decides by the requirements of the field, of the type that has it and of the type that it returns. A field of an
 * interface or union, `__typename` included, must be allowed on each of the possible objects.
 */
export const createIsForbidden = (schema: GraphQLSchema, { types, fields }: Requirements): IsForbidden => {
  const known = new Map<string, readonly Requirement[]>()

  const ofField = (type: GraphQLCompositeType, field: string): readonly Requirement[] => {
    const definition = isUnionType(type) ? undefined : type.getFields()[field]
    const returned = definition === undefined ? undefined : getNamedType(definition.type).name
    return [
      ...(types.get(type.name) ?? []),
      ...(fields.get(`${type.name}.${field}`) ?? []),
      ...(returned === undefined ? [] : (types.get(returned) ?? [])),
    ]
  }

  const requirementsOf = (parent: GraphQLCompositeType, field: string): readonly Requirement[] => {
    const coordinate = `${parent.name}.${field}`
    const before = known.get(coordinate)
    if (before !== undefined) return before
    const possible = isAbstractType(parent) ? schema.getPossibleTypes(parent) : []
    const found = [parent, ...possible].flatMap(type => ofField(type, field))
    known.set(coordinate, found)
    return found
  }

  return (authority, parent, field) =>
    requirementsOf(parent, field).some(requirement => !authority.meets(requirement))
}
