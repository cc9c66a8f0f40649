import { type GraphQLAbstractType, GraphQLError, type GraphQLSchema, isObjectType } from 'graphql'
import { inspect } from 'graphql/jsutils/inspect.js'
import type { SelectedField } from './fields.ts'

/** Why an object is of no type that its field allows, in the words of graphql's `execute`. */
export const noPossibleType = (
  schema: GraphQLSchema,
  { parentType, definition, nodes }: SelectedField,
  type: GraphQLAbstractType,
  name: unknown,
  value: unknown,
): GraphQLError => {
  const must = `Abstract type "${type.name}" must resolve to an Object type at runtime for field "${parentType.name}.${definition.name}"`
  if (name == null)
    return new GraphQLError(
      `${must}. Either the "${type.name}" type should provide a "resolveType" function or each possible type should provide an "isTypeOf" function.`,
      { nodes },
    )
  if (isObjectType(name))
    return new GraphQLError(
      'Support for returning GraphQLObjectType from resolveType was removed in graphql-js@16.0.0 please return type name instead.',
    )
  if (typeof name !== 'string')
    return new GraphQLError(`${must} with value ${inspect(value)}, received "${inspect(name)}".`)
  const found = schema.getType(name)
  if (found == null)
    return new GraphQLError(
      `Abstract type "${type.name}" was resolved to a type "${name}" that does not exist inside the schema.`,
      { nodes },
    )
  if (!isObjectType(found))
    return new GraphQLError(`Abstract type "${type.name}" was resolved to a non-object type "${name}".`, {
      nodes,
    })
  return new GraphQLError(`Runtime Object type "${found.name}" is not a possible type for "${type.name}".`, {
    nodes,
  })
}
