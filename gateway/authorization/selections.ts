import {
  type DirectiveNode,
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLCompositeType,
  type GraphQLField,
  type GraphQLSchema,
  getNamedType,
  getNullableType,
  type InlineFragmentNode,
  isCompositeType,
  isListType,
  isUnionType,
  Kind,
  type OperationDefinitionNode,
  SchemaMetaFieldDef,
  type SelectionNode,
  type SelectionSetNode,
  TypeMetaFieldDef,
  TypeNameMetaFieldDef,
} from 'graphql'
import type { Authority } from './authority.ts'
import type { IsForbidden } from './forbidden-fields.ts'

/** A valid operation as a client wrote it. */
export type ClientOperation = {
  readonly query: string
  /** Equal for equal queries, and for no others. */
  readonly queryHash: string
  readonly document: DocumentNode
  readonly operation: OperationDefinitionNode
  readonly operationName: string | undefined
}

type Field = GraphQLField<unknown, unknown>

/** A selection of an operation, with the fragments that it spreads written out. */
export type Selection =
  /** A field that has no selections, or only open ones: introspection. */
  | { readonly kind: 'leaf'; readonly node: FieldNode }
  | {
      readonly kind: 'object'
      readonly node: FieldNode
      readonly field: Field
      readonly selections: Selections
    }
  | {
      readonly kind: 'forbidden'
      readonly node: FieldNode
      readonly field: Field
      readonly parent: GraphQLCompositeType
      /** A name that stands for the field in the answer's shape, and for no other. */
      readonly standIn: string
    }
  | ({ readonly kind: 'fragment'; readonly selections: Selections } & FragmentHead)

type Selections = readonly Selection[]
type FragmentHead = Pick<InlineFragmentNode, 'typeCondition' | 'directives'>

/** A path of the answer that is forbidden, unless one of its `@skip` and `@include` takes it away. */
export type ForbiddenField = {
  /** Response keys from the root, `@` for the elements of a list. */
  readonly path: readonly string[]
  readonly conditions: readonly DirectiveNode[]
}

/** What an operation selects, and what of it one authority may not have. */
export type MarkedOperation = {
  readonly selections: Selections
  readonly refusals: readonly ForbiddenField[]
  /** The number of selections; those of a fragment count again each time that the fragment is spread. */
  readonly size: number
}

type SelectionContext = ForbiddenField & { readonly parent: GraphQLCompositeType }

/** Marks the fields of a valid operation that an authority may not have. */
export const markForbidden = (
  schema: GraphQLSchema,
  isForbidden: IsForbidden,
  { document, operation }: Pick<ClientOperation, 'document' | 'operation'>,
  authority: Authority,
): MarkedOperation => {
  const fragments = fragmentsOf(document)
  const refusals: ForbiddenField[] = []
  let size = 0

  const markSet = ({ selections }: SelectionSetNode, context: SelectionContext): Selections =>
    selections.map(node =>
      mark(node, { ...context, conditions: [...context.conditions, ...conditionsIn(node)] }),
    )

  const mark = (node: SelectionNode, context: SelectionContext): Selection => {
    size += 1
    switch (node.kind) {
      case Kind.FIELD:
        return markField(node, context)
      case Kind.INLINE_FRAGMENT:
        return markFragment(node, node.directives, context)
      case Kind.FRAGMENT_SPREAD:
        return markFragment(fragments.get(node.name.value), node.directives, context)
      default:
        return node satisfies never
    }
  }

  const markField = (
    node: FieldNode,
    { parent, path: parentPath, conditions }: SelectionContext,
  ): Selection => {
    const field = fieldOf(parent, node.name.value)
    if (field === undefined) return { kind: 'leaf', node }
    const path = [...parentPath, keyOf(node), ...(isListType(getNullableType(field.type)) ? ['@'] : [])]
    if (isForbidden(authority, parent, field.name)) {
      // n.b. `#` does not parse: no client can use this name
      const standIn = `#${refusals.length}`
      refusals.push({ path, conditions })
      return { kind: 'forbidden', node, field, parent, standIn }
    }
    const type = getNamedType(field.type)
    if (node.selectionSet === undefined || !isCompositeType(type)) return { kind: 'leaf', node }
    const selections = markSet(node.selectionSet, { parent: type, path, conditions })
    return { kind: 'object', node, field, selections }
  }

  const markFragment = (
    fragment: Pick<InlineFragmentNode, 'typeCondition' | 'selectionSet'> | undefined,
    directives: readonly DirectiveNode[] | undefined,
    context: SelectionContext,
  ): Selection => {
    const typeCondition = fragment?.typeCondition
    const parent = typeCondition === undefined ? context.parent : schema.getType(typeCondition.name.value)
    const isKnown = fragment !== undefined && isCompositeType(parent)
    const selections = isKnown ? markSet(fragment.selectionSet, { ...context, parent }) : []
    return { kind: 'fragment', typeCondition, directives, selections }
  }

  const parent = schema.getRootType(operation.operation)
  const selections =
    parent == null ? [] : markSet(operation.selectionSet, { parent, path: [], conditions: [] })
  return { selections, refusals, size }
}

/** The fragments of a document, by name. */
export const fragmentsOf = ({ definitions }: DocumentNode): ReadonlyMap<string, FragmentDefinitionNode> =>
  new Map(
    definitions
      .filter(definition => definition.kind === Kind.FRAGMENT_DEFINITION)
      .map(fragment => [fragment.name.value, fragment]),
  )

/** Whether a field is one of the two by which a schema is read. */
export const isIntrospection = ({ name }: FieldNode): boolean =>
  name.value === SchemaMetaFieldDef.name || name.value === TypeMetaFieldDef.name

/** The name that a field has in the answer. */
export const keyOf = ({ alias, name }: FieldNode): string => (alias ?? name).value

/** The `@skip` and `@include` of a selection. */
export const conditionsIn = ({ directives = [] }: SelectionNode): readonly DirectiveNode[] =>
  directives.filter(({ name }) => name.value === 'skip' || name.value === 'include')

/** Undefined for `__schema` and `__type`, which are open to everyone. */
const fieldOf = (parent: GraphQLCompositeType, name: string): Field | undefined => {
  if (name === '__typename') return TypeNameMetaFieldDef
  return isUnionType(parent) ? undefined : parent.getFields()[name]
}
