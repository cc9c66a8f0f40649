import { isJsonObject } from '@supergraph/runtime/json-object.ts'
import {
  type ASTNode,
  type DocumentNode,
  executeSync,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLLeafType,
  type GraphQLOutputType,
  type GraphQLSchema,
  isCompositeType,
  isEnumType,
  isListType,
  isNonNullType,
  isUnionType,
  Kind,
  type OperationDefinitionNode,
  OperationTypeNode,
  visit,
} from 'graphql'
import { fragmentsOf } from '../../authorization/selections.ts'
import type { Entity, Place } from './run.ts'
import { type FieldShape, lacksType, type ObjectShape, type ShapedType, typesOf } from './shape.ts'

/** Data in the shape of an answer, with null in the place of what is not of its type, and the places of all of these. */
export type Completed = { readonly data: Entity | null; readonly faults: readonly Place[] }

type ValueShape = Pick<Extract<FieldShape, { readonly kind: 'field' }>, 'shapeOf'>

/** A value may not be null where it is: so is what is around it. */
const bubbling = Symbol('null')

/**
 * Brings data of any kind into the shape of an answer, by the rules of GraphQL: what is not of its type is null, and a
 * null in a place that may not be null makes what is around it null.
 */
export const complete = (
  schema: GraphQLSchema,
  root: ObjectShape,
  data: Entity,
  introspect: (field: FieldNode) => unknown,
): Completed => {
  const faults: Place[] = []

  const object = (shape: ObjectShape, value: Entity, place: Place): Entity | typeof bubbling => {
    const completed: Entity = Object.create(null)
    for (const field of shape.fields) {
      if (field.kind === 'typename') completed[field.key] = shape.type.name
      else if (field.kind === 'introspection') completed[field.key] = introspect(field.node)
      else {
        const given = Object.hasOwn(value, field.source) ? value[field.source] : undefined
        const result = typed(field.type, field, given, [...place, field.key])
        if (result === bubbling) return bubbling
        completed[field.key] = result
      }
    }
    return completed
  }

  const typed = (type: GraphQLOutputType, field: ValueShape, value: unknown, place: Place): unknown => {
    if (!isNonNullType(type)) {
      const result = value == null ? null : present(type, field, value, place)
      return result === bubbling ? null : result
    }
    const known = faults.length
    const result = value == null ? null : present(type.ofType, field, value, place)
    if (result !== null && result !== bubbling) return result
    if (faults.length === known) faults.push(place)
    return bubbling
  }

  /** n.b. `bubbling` is a null that is a fault already, and goes no further than to the next place that may be null. */
  const present = (type: GraphQLOutputType, field: ValueShape, value: unknown, place: Place): unknown => {
    if (isNonNullType(type)) return present(type.ofType, field, value, place)
    if (isListType(type)) {
      if (!Array.isArray(value)) return invalid(place)
      const items = value.map((item, index) => typed(type.ofType, field, item, [...place, index]))
      return items.includes(bubbling) ? bubbling : items
    }
    if (isCompositeType(type)) {
      const { shapeOf } = field
      if (!isJsonObject(value) || shapeOf === undefined) return invalid(place)
      const concrete = typeIn(value, typesOf(schema, type), isUnionType(type) ? undefined : type)
      if (concrete === undefined) return invalid(place)
      const shape = shapeOf(concrete)
      return lacksType(shape) ? invalid(place) : object(shape, value, place)
    }
    return isOfLeafType(type, value) ? value : invalid(place)
  }

  const invalid = (place: Place): null => {
    faults.push(place)
    return null
  }

  const completed = object(root, data, [])
  return { data: completed === bubbling ? null : completed, faults }
}

const typeIn = (
  { __typename: name }: Entity,
  possible: readonly ShapedType[],
  only: ShapedType | undefined,
): ShapedType | undefined => (name == null ? only : possible.find(type => type.name === name))

const isOfLeafType = (type: GraphQLLeafType, value: unknown): boolean => {
  if (isEnumType(type)) return typeof value === 'string' && type.getValue(value) != null
  switch (type.name) {
    case 'ID':
      return typeof value === 'string' || Number.isInteger(value)
    case 'String':
      return typeof value === 'string'
    case 'Int':
      return Number.isInteger(value)
    case 'Float':
      return Number.isFinite(value)
    case 'Boolean':
      return typeof value === 'boolean'
    default:
      return true
  }
}

/** Answers introspection in an operation by the schema. */
export const createIntrospect =
  (
    schema: GraphQLSchema,
    { document, operation }: { readonly document: DocumentNode; readonly operation: OperationDefinitionNode },
    variableValues: Readonly<Record<string, unknown>>,
  ) =>
  (field: FieldNode): unknown => {
    const fragments = spreadIn(field, fragmentsOf(document))
    const used = new Set<string>()
    for (const node of [field, ...fragments])
      visit(node, {
        Variable: ({ name }) => {
          used.add(name.value)
        },
      })
    const asked = {
      kind: Kind.DOCUMENT,
      definitions: [
        {
          kind: Kind.OPERATION_DEFINITION,
          operation: OperationTypeNode.QUERY,
          variableDefinitions: operation.variableDefinitions?.filter(({ variable }) =>
            used.has(variable.name.value),
          ),
          selectionSet: { kind: Kind.SELECTION_SET, selections: [{ ...field, directives: [] }] },
        },
        ...fragments,
      ],
    } as const
    const { data } = executeSync({ schema, document: asked, rootValue: {}, variableValues })
    return data?.[(field.alias ?? field.name).value] ?? null
  }

/** The fragments that a field spreads, and those that they spread. */
const spreadIn = (
  field: FieldNode,
  fragments: ReadonlyMap<string, FragmentDefinitionNode>,
): readonly FragmentDefinitionNode[] => {
  const found = new Set<FragmentDefinitionNode>()
  const look = (node: ASTNode): void => {
    visit(node, {
      FragmentSpread: ({ name }) => {
        const fragment = fragments.get(name.value)
        if (fragment === undefined || found.has(fragment)) return
        found.add(fragment)
        look(fragment)
      },
    })
  }
  look(field)
  return [...found]
}
