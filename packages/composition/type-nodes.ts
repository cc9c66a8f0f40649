import { Kind, type TypeNode } from 'graphql'

/** The name inside of a type, such as `Order` of `[Order!]!`. */
export const nameOfType = (type: TypeNode): string =>
  type.kind === Kind.NAMED_TYPE ? type.name.value : nameOfType(type.type)

/** Whether a value is a list. */
export const isListNode = (type: TypeNode): boolean =>
  type.kind === Kind.NON_NULL_TYPE ? isListNode(type.type) : type.kind === Kind.LIST_TYPE

/** Whether one null inside of a value takes the value away, and whatever has it: as of `Order!` and `[Order!]!`. */
export const bubblesNull = (type: TypeNode): boolean => {
  if (type.kind !== Kind.NON_NULL_TYPE) return false
  return type.type.kind === Kind.NAMED_TYPE || bubblesNull(type.type.type)
}
