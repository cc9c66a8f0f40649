import {
  type DocumentNode,
  type FieldNode,
  type GraphQLCompositeType,
  type GraphQLOutputType,
  type GraphQLSchema,
  getNamedType,
  isCompositeType,
  isListType,
  isNonNullType,
  isUnionType,
  Kind,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from 'graphql'
import { below, type PlannedFetch } from './planned-fetches.ts'

/** An operation, with the document that has its fragments, and the requests by which it is answered. */
export type PlannedOperation = {
  readonly document: DocumentNode
  readonly operation: OperationDefinitionNode
  readonly fetches: readonly PlannedFetch[]
}

/** What is left of an answer: `culprit` is the field that can't be null, and whose loss took the rest away. */
export type Loss = { readonly isTotal: boolean; readonly culprit: string | undefined }

/**
 * Tells what the outage of a subgraph leaves of the answer to an operation: nothing, if `data` or each root field is null.
 * Lists count as filled, and objects of an abstract type as those that lose the most.
 */
export const lossOf = (schema: GraphQLSchema, planned: PlannedOperation, subgraph: string): Loss => {
  const root = schema.getRootType(planned.operation.operation)
  const walk = createWalk(schema, planned.document, lostPaths(planned.fetches, subgraph))
  if (root == null) return { isTotal: false, culprit: undefined }
  const fields = walk(planned.operation.selectionSet, root, '')
  const culprit = fields.find(({ culprit }) => culprit !== undefined)?.culprit
  const isTotal = fields.some(({ bubbles }) => bubbles) || fields.every(({ isNull }) => isNull)
  return { isTotal: fields.length > 0 && isTotal, culprit }
}

/** The paths for which no request is left; what needs them is not asked for either. */
const lostPaths = (fetches: readonly PlannedFetch[], subgraph: string): ReadonlySet<string> => {
  const there = new Set<string>()
  const lost = new Set<string>()
  for (const { subgraph: asked, provides, requires } of fetches) {
    const isLost = asked === subgraph || requires.some(path => lost.has(path) && !there.has(path))
    for (const path of provides) (isLost ? lost : there).add(path)
  }
  for (const path of there) lost.delete(path)
  return lost
}

/** What became of a field: null, a null that takes its object away, and which field began it. */
type Outcome = { readonly isNull: boolean; readonly bubbles: boolean; readonly culprit: string | undefined }

const createWalk = (schema: GraphQLSchema, document: DocumentNode, lost: ReadonlySet<string>) => {
  const fragments = new Map(
    document.definitions.flatMap(definition =>
      definition.kind === Kind.FRAGMENT_DEFINITION ? [[definition.name.value, definition] as const] : [],
    ),
  )

  const walk = (
    { selections }: SelectionSetNode,
    parent: GraphQLCompositeType,
    path: string,
  ): readonly Outcome[] =>
    selections.flatMap(selection => {
      if (selection.kind === Kind.FIELD) return walkField(selection, parent, path)
      const fragment =
        selection.kind === Kind.FRAGMENT_SPREAD ? fragments.get(selection.name.value) : selection
      const condition = fragment?.typeCondition?.name.value
      const type = condition === undefined ? parent : schema.getType(condition)
      return fragment !== undefined && isCompositeType(type) ? walk(fragment.selectionSet, type, path) : []
    })

  const walkField = (
    { name, alias, selectionSet }: FieldNode,
    parent: GraphQLCompositeType,
    path: string,
  ): readonly Outcome[] => {
    const field = isUnionType(parent) ? undefined : parent.getFields()[name.value]
    if (field === undefined) return []
    const own = below(path, (alias ?? name).value)
    const isNonNull = isNonNullType(field.type)
    const culprit = isNonNull ? `${parent.name}.${field.name}` : undefined
    if (lost.has(own)) return [{ isNull: true, bubbles: isNonNull, culprit }]
    const type = getNamedType(field.type)
    if (selectionSet === undefined || !isCompositeType(type)) return [alive]
    const inside = walk(selectionSet, type, own).find(({ bubbles }) => bubbles)
    if (inside === undefined || !reachesField(field.type)) return [alive]
    return [{ isNull: true, bubbles: isNonNull, culprit: inside.culprit }]
  }

  return walk
}

const alive: Outcome = { isNull: false, bubbles: false, culprit: undefined }

/** Whether a null object makes the whole field null, and not an element of a list alone. */
const reachesField = (type: GraphQLOutputType): boolean => {
  const inner = isNonNullType(type) ? type.ofType : type
  if (!isListType(inner)) return true
  return isNonNullType(inner.ofType) && reachesField(inner.ofType)
}
