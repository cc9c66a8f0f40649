import {
  type DirectiveNode,
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLCompositeType,
  type GraphQLInterfaceType,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLSchema,
  getNamedType,
  isAbstractType,
  isCompositeType,
  isInterfaceType,
  isObjectType,
  Kind,
  type OperationDefinitionNode,
  type SelectionNode,
  type SelectionSetNode,
} from 'graphql'

/**
 * The type that an object of an answer has. n.b. of an interface object, of which nothing is asked that only some types
 * have, nobody but its subgraph was asked, which knows it by the interface.
 */
export type ShapedType = GraphQLObjectType | GraphQLInterfaceType

/** What an answer has of an object of one type, in this order. */
export type ObjectShape = { readonly type: ShapedType; readonly fields: readonly FieldShape[] }

/** A field of an answer, by its response key. */
export type FieldShape =
  | { readonly kind: 'typename'; readonly key: string }
  /** What the gateway itself answers. */
  | { readonly kind: 'introspection'; readonly key: string; readonly node: FieldNode }
  | {
      readonly kind: 'field'
      readonly key: string
      readonly name: string
      /** The key that the field has in the data. */
      readonly source: string
      readonly type: GraphQLOutputType
      /** What is selected of an object, by its type; undefined for a leaf. */
      readonly shapeOf: ((type: ShapedType) => ObjectShape) | undefined
    }

/** Whether the values of variables leave a selection in the operation. */
export type IsIncluded = (directives: readonly DirectiveNode[] | undefined) => boolean

type FieldNodes = ReadonlyMap<string, readonly FieldNode[]>

/** Tells the shape of the answer to a valid operation. Shapes inside it are found when they are first asked for. */
export const shapeOfOperation = (
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
  {
    isIncluded,
    sourceOf,
  }: {
    readonly isIncluded: IsIncluded
    /** The key that a field has in the data. */
    readonly sourceOf: (node: FieldNode) => string
  },
): ObjectShape => {
  const fragments = new Map<string, FragmentDefinitionNode>()
  for (const definition of document.definitions)
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition)

  const applies = (condition: string | undefined, type: ShapedType): boolean => {
    if (condition === undefined || condition === type.name) return true
    const conditional = schema.getType(condition)
    return isAbstractType(conditional) && schema.isSubType(conditional, type)
  }

  const collect = (
    type: ShapedType,
    selections: readonly SelectionNode[],
    found: Map<string, FieldNode[]>,
  ): FieldNodes => {
    for (const selection of selections) {
      if (!isIncluded(selection.directives)) continue
      if (selection.kind === Kind.FIELD) {
        const key = (selection.alias ?? selection.name).value
        const nodes = found.get(key)
        if (nodes === undefined) found.set(key, [selection])
        else nodes.push(selection)
        continue
      }
      const inside = selection.kind === Kind.FRAGMENT_SPREAD ? fragments.get(selection.name.value) : selection
      if (inside !== undefined && applies(inside.typeCondition?.name.value, type))
        collect(type, inside.selectionSet.selections, found)
    }
    return found
  }

  const shapeOf = (type: ShapedType, sets: readonly SelectionSetNode[]): ObjectShape => {
    const nodes = collect(
      type,
      sets.flatMap(({ selections }) => selections),
      new Map(),
    )
    return {
      type,
      fields: [...nodes].flatMap(([key, [first, ...others]]) => fieldOf(type, key, first, others)),
    }
  }

  const fieldOf = (
    parent: ShapedType,
    key: string,
    node: FieldNode | undefined,
    others: readonly FieldNode[],
  ): readonly FieldShape[] => {
    if (node === undefined) return []
    const name = node.name.value
    if (name === '__typename') return [{ kind: 'typename', key }]
    const definition = parent.getFields()[name]
    if (definition === undefined) return [{ kind: 'introspection', key, node: joined(node, others) }]
    const { type } = definition
    const isLeaf = !isCompositeType(getNamedType(type))
    const sets = [node, ...others].flatMap(({ selectionSet }) => selectionSet ?? [])
    return [
      {
        kind: 'field',
        key,
        name,
        source: sourceOf(node),
        type,
        shapeOf: isLeaf ? undefined : remembered(each => shapeOf(each, sets)),
      },
    ]
  }

  const root = schema.getRootType(operation.operation)
  if (root == null) throw new Error(`the schema has no ${operation.operation}`)
  return shapeOf(root, [operation.selectionSet])
}

const remembered = (make: (type: ShapedType) => ObjectShape) => {
  const known = new Map<ShapedType, ObjectShape>()
  return (type: ShapedType): ObjectShape => {
    const shape = known.get(type) ?? make(type)
    known.set(type, shape)
    return shape
  }
}

const joined = (node: FieldNode, others: readonly FieldNode[]): FieldNode => {
  const selections = [node, ...others].flatMap(({ selectionSet }) => selectionSet?.selections ?? [])
  return selections.length === 0 ? node : { ...node, selectionSet: { kind: Kind.SELECTION_SET, selections } }
}

/** The types that objects of a type may say they have. */
export const typesOf = (schema: GraphQLSchema, type: GraphQLCompositeType): readonly ShapedType[] => {
  if (isObjectType(type)) return [type]
  const objects = schema.getPossibleTypes(type)
  return isInterfaceType(type) ? [type, ...schema.getImplementations(type).interfaces, ...objects] : objects
}

/** Whether an object that is known by an interface alone lacks what is asked of it: its type. */
export const lacksType = ({ type, fields }: ObjectShape): boolean =>
  isInterfaceType(type) && fields.some(({ kind }) => kind === 'typename')
