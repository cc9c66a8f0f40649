import {
  type ArgumentNode,
  type ASTNode,
  type DefinitionNode,
  type DocumentNode,
  type FieldNode,
  type GraphQLSchema,
  getNamedType,
  isEnumType,
  isInputObjectType,
  Kind,
  type ListValueNode,
  type ObjectValueNode,
  type OperationDefinitionNode,
  print,
  type SelectionSetNode,
  TypeInfo,
  type ValueNode,
  visit,
  visitWithTypeInfo,
} from 'graphql'
import { type ClientOperation, fragmentsOf, keyOf } from '../authorization/selections.ts'

/**
 * The text of a valid operation without what a client put in: literals are `""`, `0`, `true` and the like, aliases are
 * numbered, and comments and everything of the document that the operation does not use are left out. Operations that differ in
 * nothing else have the same text. It is valid if the operation is; the names of enum values stay.
 */
export const signatureOf = (
  schema: GraphQLSchema,
  { document, operation }: Pick<ClientOperation, 'document' | 'operation'>,
): string => {
  const used: DocumentNode = { kind: Kind.DOCUMENT, definitions: definitionsOf(document, operation) }
  const plain = visit(visit(used, literalsHidden(schema)), sorted)
  return print(visit(plain, aliasesNumbered()))
}

/** The operation and the fragments that it spreads, by name. */
const definitionsOf = (
  document: DocumentNode,
  operation: OperationDefinitionNode,
): readonly DefinitionNode[] => {
  const fragments = fragmentsOf(document)
  const spread = new Set<string>()
  const follow = (node: ASTNode): void =>
    void visit(node, {
      FragmentSpread: ({ name }) => {
        const fragment = fragments.get(name.value)
        if (fragment === undefined || spread.has(name.value)) return
        spread.add(name.value)
        follow(fragment)
      },
    })
  follow(operation)
  return [operation, ...[...spread].toSorted().flatMap(name => fragments.get(name) ?? [])]
}

const literalsHidden = (schema: GraphQLSchema) => {
  const types = new TypeInfo(schema)
  return visitWithTypeInfo(types, {
    enter: (node: ASTNode) => {
      if (!isValue(node)) return undefined
      const type = types.getInputType()
      const named = type ? getNamedType(type) : undefined
      // n.b. what stands where a scalar is expected may be anything, names in objects included
      const isScalar = !isEnumType(named) && !isInputObjectType(named)
      return hidden(node, isScalar)
    },
  })
}

const hidden = (node: ValueNode, isScalar: boolean): ValueNode | undefined => {
  switch (node.kind) {
    case Kind.INT:
      return { kind: Kind.INT, value: '0' }
    case Kind.FLOAT:
      return { kind: Kind.FLOAT, value: '0.0' }
    case Kind.STRING:
      return noText
    case Kind.BOOLEAN:
      return { kind: Kind.BOOLEAN, value: true }
    case Kind.ENUM:
    case Kind.OBJECT:
      return isScalar ? noText : undefined
    default:
      return undefined
  }
}

const noText = { kind: Kind.STRING, value: '', block: false } as const

const isValue = (node: ASTNode): node is ValueNode =>
  node.kind === Kind.INT ||
  node.kind === Kind.FLOAT ||
  node.kind === Kind.STRING ||
  node.kind === Kind.BOOLEAN ||
  node.kind === Kind.ENUM ||
  node.kind === Kind.LIST ||
  node.kind === Kind.OBJECT

/** Sorts what has no order, and leaves out what stands there twice once literals are hidden. */
const sorted = {
  ListValue: { leave: (node: ListValueNode) => ({ ...node, values: once(node.values) }) },
  ObjectValue: { leave: (node: ObjectValueNode) => ({ ...node, fields: once(node.fields) }) },
  SelectionSet: { leave: (node: SelectionSetNode) => ({ ...node, selections: onceOfAlias(node) }) },
  Field: { leave: (node: FieldNode) => ({ ...node, arguments: once<ArgumentNode>(node.arguments ?? []) }) },
  OperationDefinition: {
    leave: (node: OperationDefinitionNode) => ({
      ...node,
      variableDefinitions: once(node.variableDefinitions ?? []),
    }),
  },
}

const once = <Node extends ASTNode>(nodes: readonly Node[]): readonly Node[] => onceBy(nodes, print)

/** n.b. fields that differ in their aliases alone are the same. */
const onceOfAlias = ({ selections }: SelectionSetNode) =>
  onceBy(selections, node => print(node.kind === Kind.FIELD ? { ...node, alias: undefined } : node))

const onceBy = <Node>(nodes: readonly Node[], textOf: (node: Node) => string): readonly Node[] => {
  const byText = new Map(nodes.toReversed().map(node => [textOf(node), node]))
  return [...byText].toSorted(([one], [other]) => (one < other ? -1 : 1)).map(([, node]) => node)
}

/** n.b. aliases stay different: equal ones would let fields with different arguments meet. */
const aliasesNumbered = () => {
  const numbers = new Map<string, number>()
  return {
    Field: (node: FieldNode): FieldNode => {
      const key = keyOf(node)
      if (key === node.name.value) return { ...node, alias: undefined }
      const number = numbers.get(key) ?? numbers.size + 1
      numbers.set(key, number)
      return { ...node, alias: { kind: Kind.NAME, value: `alias${number}` } }
    },
  }
}
