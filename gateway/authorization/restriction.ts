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
  isAbstractType,
  isCompositeType,
  isListType,
  isNonNullType,
  isUnionType,
  Kind,
  type OperationDefinitionNode,
  type SelectionNode,
  type SelectionSetNode,
  TypeNameMetaFieldDef,
  visit,
} from 'graphql'
import { gatewayError } from '../errors.ts'
import type { Authority } from './authority.ts'
import type { IsForbidden } from './forbidden-fields.ts'
import type { Nulls } from './nulls.ts'

/** An operation as a client wrote it. */
export type ClientOperation = {
  readonly document: DocumentNode
  readonly operation: OperationDefinitionNode
}

/** A place in the answer that is forbidden, unless one of its `@skip` and `@include` takes it away. */
export type Refusal = {
  /** Response keys from the root, `@` for the elements of a list. */
  readonly path: readonly string[]
  readonly conditions: readonly DirectiveNode[]
}

/** What is left of an operation for one authority. */
export type Restriction = {
  /** Without the forbidden fields; undefined where no field of the root is left. */
  readonly permitted: DocumentNode | undefined
  /** The answer's shape: a `__typename` under a name of its own stands where a forbidden field was. */
  readonly shaped: DocumentNode
  /** Which of the shape's fields become null again. */
  readonly nulls: Nulls
  readonly refusals: readonly Refusal[]
  /** Whether it is worth remembering: what it takes to remember grows with the fragments written out. */
  readonly isSmall: boolean
}

type Selections = { readonly permitted: readonly SelectionNode[]; readonly shaped: readonly SelectionNode[] }

type Place = Refusal & { readonly parent: GraphQLCompositeType; readonly nulls: Nulls }

type Walk = {
  readonly schema: GraphQLSchema
  readonly forbids: (parent: GraphQLCompositeType, field: string) => boolean
  readonly fragments: ReadonlyMap<string, FragmentDefinitionNode>
  readonly refusals: Refusal[]
  selected: number
}

const maxSelections = 10_000
const maxDepth = 12
const maxSmallSelections = 300

/**
 * Takes the forbidden fields out of a valid operation; undefined where there are none. Throws BAD_REQUEST when the
 * operation selects more than 10,000 fields and fragments, those of fragments counted wherever they are used, or
 * fields more than 12 deep, introspection aside.
 */
export const restrict = (
  schema: GraphQLSchema,
  isForbidden: IsForbidden,
  { document, operation }: ClientOperation,
  authority: Authority,
): Restriction | undefined => {
  const root = schema.getRootType(operation.operation)
  if (root == null) return undefined
  const walk: Walk = {
    schema,
    forbids: (parent, field) => isForbidden(authority, parent, field),
    fragments: fragmentsOf(document),
    refusals: [],
    selected: 0,
  }
  const nulls = noNulls()
  const { permitted, shaped } = restrictSet(walk, operation.selectionSet, {
    parent: root,
    path: [],
    conditions: [],
    nulls,
  })
  if (walk.refusals.length === 0) return undefined
  return {
    permitted: permitted.length === 0 ? undefined : documentOf(operation, permitted),
    shaped: documentOf(operation, shaped),
    nulls,
    refusals: walk.refusals,
    isSmall: walk.selected <= maxSmallSelections,
  }
}

const restrictSet = (walk: Walk, { selections }: SelectionSetNode, place: Place): Selections => {
  const each = selections.map(selection => restrictSelection(walk, selection, place))
  return {
    permitted: each.flatMap(({ permitted }) => permitted),
    shaped: each.flatMap(({ shaped }) => shaped),
  }
}

const restrictSelection = (walk: Walk, node: SelectionNode, place: Place): Selections => {
  walk.selected += 1
  if (walk.selected > maxSelections) throw tooManySelections()
  const conditions = [...place.conditions, ...conditionsIn(node)]
  switch (node.kind) {
    case Kind.FIELD:
      return restrictField(walk, node, { ...place, conditions })
    case Kind.INLINE_FRAGMENT:
      return restrictFragment(walk, node, node.directives, { ...place, conditions })
    case Kind.FRAGMENT_SPREAD: {
      const fragment = walk.fragments.get(node.name.value)
      if (fragment === undefined) return { permitted: [], shaped: [] }
      return restrictFragment(walk, fragment, node.directives, { ...place, conditions })
    }
    default:
      return node satisfies never
  }
}

const restrictField = (walk: Walk, node: FieldNode, { parent, conditions, ...place }: Place): Selections => {
  const field = fieldOf(parent, node.name.value)
  if (field === undefined) return { permitted: [node], shaped: [node] }
  if (place.path.filter(step => step !== '@').length >= maxDepth) throw tooDeep()
  const key = node.alias?.value ?? node.name.value
  const path = [...place.path, key, ...(isListType(getNullableType(field.type)) ? ['@'] : [])]
  if (walk.forbids(parent, field.name)) {
    // n.b. no client can use this as a name
    const standIn = `#${walk.refusals.length}`
    place.nulls.standIns.set(standIn, { key, nonNull: isNonNullType(field.type) })
    walk.refusals.push({ path, conditions })
    // n.b. what stands in a fragment on an interface is shaped by the type that the answer names
    const permitted = isAbstractType(parent) ? [typenameField()] : []
    return { permitted, shaped: [typenameField(standIn, conditionsIn(node))] }
  }
  const type = getNamedType(field.type)
  if (node.selectionSet === undefined || !isCompositeType(type)) return { permitted: [node], shaped: [node] }
  const nulls = place.nulls.fields.get(key)?.nulls ?? noNulls()
  const inside = restrictSet(walk, node.selectionSet, { parent: type, path, conditions, nulls })
  if (nulls.standIns.size + nulls.fields.size > 0) place.nulls.fields.set(key, { type: field.type, nulls })
  const permitted = inside.permitted.length > 0 ? inside.permitted : [typenameField()]
  return {
    permitted: [{ ...node, selectionSet: selectionSet(permitted) }],
    shaped: [{ ...node, selectionSet: selectionSet(inside.shaped) }],
  }
}

const restrictFragment = (
  walk: Walk,
  fragment: Pick<InlineFragmentNode, 'typeCondition' | 'selectionSet'>,
  directives: readonly DirectiveNode[] | undefined,
  place: Place,
): Selections => {
  const { typeCondition } = fragment
  const parent = typeCondition === undefined ? place.parent : walk.schema.getType(typeCondition.name.value)
  if (!isCompositeType(parent)) return { permitted: [], shaped: [] }
  const { permitted, shaped } = restrictSet(walk, fragment.selectionSet, { ...place, parent })
  const inlined = (selections: readonly SelectionNode[]): readonly InlineFragmentNode[] =>
    selections.length === 0
      ? []
      : [{ kind: Kind.INLINE_FRAGMENT, typeCondition, directives, selectionSet: selectionSet(selections) }]
  return { permitted: inlined(permitted), shaped: inlined(shaped) }
}

const noNulls = (): Nulls => ({ standIns: new Map(), fields: new Map() })

const conditionsIn = ({ directives = [] }: SelectionNode): readonly DirectiveNode[] =>
  directives.filter(({ name }) => name.value === 'skip' || name.value === 'include')

const fragmentsOf = ({ definitions }: DocumentNode): ReadonlyMap<string, FragmentDefinitionNode> =>
  new Map(
    definitions
      .filter(definition => definition.kind === Kind.FRAGMENT_DEFINITION)
      .map(fragment => [fragment.name.value, fragment]),
  )

/** Undefined for what introspection starts with, which is open to everyone. */
const fieldOf = (parent: GraphQLCompositeType, name: string): GraphQLField<unknown, unknown> | undefined => {
  if (name === '__typename') return TypeNameMetaFieldDef
  return isUnionType(parent) ? undefined : parent.getFields()[name]
}

const typenameField = (alias?: string, directives: readonly DirectiveNode[] = []): FieldNode => ({
  kind: Kind.FIELD,
  name: { kind: Kind.NAME, value: '__typename' },
  ...(alias !== undefined && { alias: { kind: Kind.NAME, value: alias } }),
  directives,
})

const selectionSet = (selections: readonly SelectionNode[]): SelectionSetNode => ({
  kind: Kind.SELECTION_SET,
  selections,
})

/** n.b. a variable that nothing uses any more would make the operation invalid. */
const documentOf = (
  operation: OperationDefinitionNode,
  selections: readonly SelectionNode[],
): DocumentNode => {
  const used = new Set<string>()
  visit(selectionSet(selections), {
    Variable: ({ name }) => {
      used.add(name.value)
    },
  })
  return {
    kind: Kind.DOCUMENT,
    definitions: [
      {
        ...operation,
        variableDefinitions: operation.variableDefinitions?.filter(({ variable }) =>
          used.has(variable.name.value),
        ),
        selectionSet: selectionSet(selections),
      },
    ],
  }
}

const tooDeep = () =>
  gatewayError(
    'BAD_REQUEST',
    `An operation may select fields ${maxDepth} deep: ask for the rest in another one.`,
  )

const tooManySelections = () =>
  gatewayError('BAD_REQUEST', `An operation may select ${maxSelections} fields and fragments: ask for less.`)
