import {
  type ArgumentNode,
  type DocumentNode,
  type GraphQLInputType,
  type GraphQLSchema,
  Kind,
  parseType,
  TypeInfo,
  type ValueNode,
  type VariableDefinitionNode,
  type VariableNode,
  valueFromASTUntyped,
  visit,
  visitWithTypeInfo,
} from 'graphql'
import type { ClientOperation } from '../authorization/selections.ts'

/** An operation with variables in the place of its literals, and the values of these variables. */
export type LiftedOperation = Pick<ClientOperation, 'document' | 'operation'> & {
  readonly values: Readonly<Record<string, unknown>>
}

/**
 * Puts variables in the place of the literals that a valid operation gives to its arguments. Operations that differ in
 * their literals alone become one operation, with one plan, and with one document in each subgraph.
 */
export const liftLiterals = (
  schema: GraphQLSchema,
  { document, operation }: Pick<ClientOperation, 'document' | 'operation'>,
): LiftedOperation => {
  const literals = createLiterals(operation.variableDefinitions ?? [])
  const types = new TypeInfo(schema)
  const lift = (argument: ArgumentNode): ArgumentNode | undefined => {
    const type = types.getInputType()
    // n.b. the gateway answers introspection itself, and a directive's literal decides what is planned
    const isIntrospection = [types.getParentType(), types.getFieldDef()].some(
      named => named == null || named.name.startsWith('__'),
    )
    if (type == null || types.getDirective() != null || isIntrospection || !isLiftable(argument.value))
      return undefined
    return { ...argument, value: literals.variableFor(type, argument.value) }
  }
  const used = { ...document, definitions: document.definitions.filter(node => isUsedBy(operation, node)) }
  const lifted: DocumentNode = visit(used, visitWithTypeInfo(types, { Argument: { enter: lift } }))
  const definitions = lifted.definitions.map(node =>
    node.kind === Kind.OPERATION_DEFINITION
      ? { ...node, variableDefinitions: [...(node.variableDefinitions ?? []), ...literals.definitions] }
      : node,
  )
  const liftedOperation = definitions.find(({ kind }) => kind === Kind.OPERATION_DEFINITION)
  return {
    document: { ...lifted, definitions },
    operation: liftedOperation?.kind === Kind.OPERATION_DEFINITION ? liftedOperation : operation,
    values: literals.values,
  }
}

/** Names literals: equal ones of one type are one variable, so that fields that are selected twice stay the same. */
const createLiterals = (declared: readonly VariableDefinitionNode[]) => {
  const taken = new Set(declared.map(({ variable }) => variable.name.value))
  const variables = new Map<string, VariableNode>()
  const definitions: VariableDefinitionNode[] = []
  const values: Record<string, unknown> = {}
  return {
    definitions,
    values,
    variableFor: (type: GraphQLInputType, value: ValueNode): VariableNode => {
      const given = valueFromASTUntyped(withSortedFields(value))
      const literal = `${type} ${JSON.stringify(given)}`
      const known = variables.get(literal)
      if (known !== undefined) return known
      let name = `literal${variables.size}`
      while (taken.has(name)) name = `${name}_`
      const variable: VariableNode = { kind: Kind.VARIABLE, name: { kind: Kind.NAME, value: name } }
      variables.set(literal, variable)
      values[name] = given
      const typeNode = parseType(String(type), { noLocation: true })
      definitions.push({ kind: Kind.VARIABLE_DEFINITION, variable, type: typeNode })
      return variable
    },
  }
}

// n.b. objects that differ in the order of their fields are equal for GraphQL
const withSortedFields = (value: ValueNode): ValueNode =>
  visit(value, {
    ObjectValue: node => ({
      ...node,
      fields: node.fields.toSorted((one, other) => (one.name.value < other.name.value ? -1 : 1)),
    }),
  })

const isUsedBy = (
  operation: ClientOperation['operation'],
  node: DocumentNode['definitions'][number],
): boolean => node === operation || node.kind === Kind.FRAGMENT_DEFINITION

/** Whether a literal has no variable in it, and stays what it is as JSON. */
const isLiftable = (value: ValueNode): boolean => {
  switch (value.kind) {
    case Kind.VARIABLE:
      return false
    case Kind.INT:
      return Number.isSafeInteger(Number(value.value))
    case Kind.FLOAT:
      return Number.isFinite(Number(value.value))
    case Kind.LIST:
      return value.values.every(isLiftable)
    case Kind.OBJECT:
      return value.fields.every(field => isLiftable(field.value))
    default:
      return true
  }
}
