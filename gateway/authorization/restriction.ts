import {
  type DirectiveNode,
  type DocumentNode,
  type FieldNode,
  isAbstractType,
  isNonNullType,
  Kind,
  type OperationDefinitionNode,
  type SelectionNode,
  type SelectionSetNode,
  visit,
} from 'graphql'
import type { Nulls } from './nulls.ts'
import {
  conditionsIn,
  type ForbiddenField,
  keyOf,
  type MarkedOperation,
  type Selection,
} from './selections.ts'

/** What is left of an operation for one authority. */
export type Restriction = {
  /** Without the forbidden fields; undefined if no field of the root is left. */
  readonly permitted: DocumentNode | undefined
  /** The answer's shape: in the place of a forbidden field, a `__typename` under a name of its own. */
  readonly shaped: DocumentNode
  /** Which of the shape's fields become null again. */
  readonly nulls: Nulls
  readonly refusals: readonly ForbiddenField[]
}

type Forbidden = Extract<Selection, { readonly kind: 'forbidden' }>

/** Takes the forbidden fields out of an operation; undefined if it has none. */
export const restrictionOf = (
  operation: OperationDefinitionNode,
  { selections, refusals }: MarkedOperation,
): Restriction | undefined => {
  if (refusals.length === 0) return undefined
  // n.b. the answer's fragments on an interface need the object's type, which is fetched in the place of the field
  const permitted = rebuild(selections, ({ parent }) => (isAbstractType(parent) ? [typenameField()] : []))
  const shaped = rebuild(selections, ({ node, standIn }) => [typenameField(standIn, conditionsIn(node))])
  return {
    permitted: permitted.length === 0 ? undefined : documentOf(operation, permitted),
    shaped: documentOf(operation, shaped),
    nulls: nullsIn(selections, noNulls()),
    refusals,
  }
}

const rebuild = (
  selections: readonly Selection[],
  replace: (forbidden: Forbidden) => readonly FieldNode[],
): readonly SelectionNode[] =>
  selections.flatMap((selection): readonly SelectionNode[] => {
    if (selection.kind === 'leaf') return [selection.node]
    if (selection.kind === 'forbidden') return replace(selection)
    const inside = rebuild(selection.selections, replace)
    if (selection.kind === 'object') {
      const selections = inside.length > 0 ? inside : [typenameField()]
      return [{ ...selection.node, selectionSet: selectionSet(selections) }]
    }
    if (inside.length === 0) return []
    const { typeCondition, directives } = selection
    return [{ kind: Kind.INLINE_FRAGMENT, typeCondition, directives, selectionSet: selectionSet(inside) }]
  })

/** n.b. one object may be selected in several places, whose nulls come together. */
const nullsIn = (selections: readonly Selection[], nulls: Nulls): Nulls => {
  for (const selection of selections) {
    if (selection.kind === 'forbidden') {
      const { node, field, standIn } = selection
      nulls.standIns.set(standIn, { key: keyOf(node), nonNull: isNonNullType(field.type) })
    } else if (selection.kind === 'fragment') {
      nullsIn(selection.selections, nulls)
    } else if (selection.kind === 'object') {
      const key = keyOf(selection.node)
      const inside = nullsIn(selection.selections, nulls.fields.get(key)?.nulls ?? noNulls())
      if (inside.standIns.size + inside.fields.size > 0)
        nulls.fields.set(key, { type: selection.field.type, nulls: inside })
    }
  }
  return nulls
}

const noNulls = (): Nulls => ({ standIns: new Map(), fields: new Map() })

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

/** n.b. a variable that nothing uses would make the operation invalid. */
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
  const variableDefinitions = operation.variableDefinitions?.filter(({ variable }) =>
    used.has(variable.name.value),
  )
  return {
    kind: Kind.DOCUMENT,
    definitions: [{ ...operation, variableDefinitions, selectionSet: selectionSet(selections) }],
  }
}
