import { type DocumentNode, type FieldDefinitionNode, Kind, parse, type SelectionSetNode } from 'graphql'
import { z } from 'zod'
import { argumentsOf } from './linked-directives.ts'
import { nameOfType } from './type-nodes.ts'

/** A field of a supergraph that `@requires` a field which takes arguments. */
export type RequiredArguments = {
  /** Such as `Product.shippingEstimate`. */
  readonly coordinate: string
  /** What it requires: such as `Product.price`. */
  readonly required: string
}

const joinedField = z.object({ requires: z.string().optional() })

/** The supergraph has fields on which Apollo's planner answers wrongly. */
export class RequiresArguments extends Error {
  override readonly name = 'RequiresArguments'
  constructor(found: readonly RequiredArguments[]) {
    super(found.map(describeRequiredArguments).join('\n'))
  }
}

/** Why it is refused, for the one who wrote the schema. */
export const describeRequiredArguments = ({ coordinate, required }: RequiredArguments): string =>
  `${coordinate} requires ${required}, which takes arguments: an operation that asks for ${required} with other arguments beside it would get wrong values silently. Let it require a field without arguments.`

/**
 * Finds the fields that require a field which takes arguments, at any depth. Apollo's planner puts what is required and
 * what the client asks for under one name, whatever the arguments are.
 */
export const findRequiredArguments = (supergraph: DocumentNode): readonly RequiredArguments[] => {
  const types = fieldsByType(supergraph)
  return [...types].flatMap(([type, fields]) =>
    [...fields.values()].flatMap(field =>
      requirementsOf(field).flatMap(required =>
        withArguments(required, type, types).map(found => ({
          coordinate: `${type}.${field.name.value}`,
          required: found,
        })),
      ),
    ),
  )
}

type Types = ReadonlyMap<string, ReadonlyMap<string, FieldDefinitionNode>>

const fieldsByType = ({ definitions }: DocumentNode): Types =>
  new Map(
    definitions
      .filter(
        definition =>
          definition.kind === Kind.OBJECT_TYPE_DEFINITION ||
          definition.kind === Kind.INTERFACE_TYPE_DEFINITION,
      )
      .map(({ name, fields = [] }) => [name.value, new Map(fields.map(field => [field.name.value, field]))]),
  )

const requirementsOf = ({ directives = [] }: FieldDefinitionNode): readonly SelectionSetNode[] =>
  directives
    .filter(({ name }) => name.value === 'join__field')
    .flatMap(directive => joinedField.parse(argumentsOf(directive)).requires ?? [])
    .flatMap(fieldSet => parse(`{ ${fieldSet} }`, { noLocation: true }).definitions)
    .flatMap(definition => (definition.kind === Kind.OPERATION_DEFINITION ? definition.selectionSet : []))

/** The coordinates of the fields in a selection that take arguments. */
const withArguments = ({ selections }: SelectionSetNode, type: string, types: Types): readonly string[] =>
  selections.flatMap(selection => {
    if (selection.kind === Kind.FRAGMENT_SPREAD) return []
    if (selection.kind === Kind.INLINE_FRAGMENT)
      return withArguments(selection.selectionSet, selection.typeCondition?.name.value ?? type, types)
    const field = types.get(type)?.get(selection.name.value)
    if (field === undefined) return []
    const own = field.arguments?.length ? [`${type}.${field.name.value}`] : []
    const inside =
      selection.selectionSet && withArguments(selection.selectionSet, nameOfType(field.type), types)
    return [...own, ...(inside ?? [])]
  })
