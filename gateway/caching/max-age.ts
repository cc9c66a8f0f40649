import {
  type DocumentNode,
  type FragmentDefinitionNode,
  type GraphQLCompositeType,
  type GraphQLSchema,
  getNamedType,
  isAbstractType,
  isCompositeType,
  isUnionType,
  Kind,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from 'graphql'
import type { CacheHints } from '../cache-hints.ts'

type Fragments = ReadonlyMap<string, FragmentDefinitionNode>

const unlimited = Number.POSITIVE_INFINITY

/**
 * Tells for how many seconds an answer may be kept, 0 if not at all, by the rules that Apollo Server has for
 * `@cacheControl`: a hint of a field overrides that of its type; a scalar without a hint is kept as long as its object; a
 * root field, or an object, without one is not kept. A field of an interface or union counts as the strictest of its
 * possible objects' fields.
 */
export const createMaxAges = (schema: GraphQLSchema, hints: CacheHints) => {
  const objectsOf = (type: GraphQLCompositeType) =>
    isAbstractType(type) ? schema.getPossibleTypes(type) : [type]

  /** What a hint says: seconds, `unlimited` to inherit, or undefined for nothing. */
  const hinted = (coordinate: string): number | undefined => {
    const hint = hints.get(coordinate)
    return hint?.maxAge ?? (hint?.inherits ? unlimited : undefined)
  }

  const ofType = (type: GraphQLCompositeType): number =>
    Math.min(...objectsOf(type).map(({ name }) => hinted(name) ?? 0))

  const ofField = (parent: GraphQLCompositeType, name: string, isRoot: boolean): number => {
    const definition = isUnionType(parent) ? undefined : parent.getFields()[name]
    // n.b. introspection is the gateway's own, and changes with the supergraph
    if (definition === undefined) return 0
    const returned = getNamedType(definition.type)
    const unhinted = isCompositeType(returned) ? ofType(returned) : isRoot ? 0 : unlimited
    return Math.min(...objectsOf(parent).map(object => hinted(`${object.name}.${name}`) ?? unhinted))
  }

  const ofSelections = (
    parent: GraphQLCompositeType,
    { selections }: SelectionSetNode,
    fragments: Fragments,
    isRoot: boolean,
  ): number => {
    let maxAge = unlimited
    for (const selection of selections) {
      if (maxAge === 0) return 0
      if (selection.kind !== Kind.FIELD) {
        const inside =
          selection.kind === Kind.FRAGMENT_SPREAD ? fragments.get(selection.name.value) : selection
        const name = inside?.typeCondition?.name.value
        const type = name === undefined ? parent : schema.getType(name)
        if (inside === undefined || !isCompositeType(type)) return 0
        maxAge = Math.min(maxAge, ofSelections(type, inside.selectionSet, fragments, isRoot))
        continue
      }
      const name = selection.name.value
      if (name === '__typename') continue
      maxAge = Math.min(maxAge, ofField(parent, name, isRoot))
      const field = isUnionType(parent) ? undefined : parent.getFields()[name]
      const type = field && getNamedType(field.type)
      if (isCompositeType(type) && selection.selectionSet !== undefined)
        maxAge = Math.min(maxAge, ofSelections(type, selection.selectionSet, fragments, false))
    }
    return maxAge
  }

  return {
    /** Of the answer to a valid operation. */
    ofOperation: (document: DocumentNode, operation: OperationDefinitionNode): number => {
      const root = operation.operation === 'query' ? schema.getQueryType() : undefined
      if (root == null) return 0
      return finite(ofSelections(root, operation.selectionSet, fragmentsOf(document), true))
    },
    /** Of an entity of this type, with these selections. */
    ofEntity: (type: GraphQLCompositeType, selectionSet: SelectionSetNode, document: DocumentNode): number =>
      finite(Math.min(ofType(type), ofSelections(type, selectionSet, fragmentsOf(document), false))),
  }
}

// n.b. what selects nothing but `__typename` has no hint
const finite = (maxAge: number): number => (maxAge === unlimited ? 0 : maxAge)

const fragmentsOf = ({ definitions }: DocumentNode): Fragments =>
  new Map(
    definitions
      .filter(definition => definition.kind === Kind.FRAGMENT_DEFINITION)
      .map(definition => [definition.name.value, definition]),
  )
