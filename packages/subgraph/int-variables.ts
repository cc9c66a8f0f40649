import type { ApolloServerPlugin } from '@apollo/server'
import {
  type DocumentNode,
  type ExecutableDefinitionNode,
  type GraphQLSchema,
  getNamedType,
  Kind,
  type OperationDefinitionNode,
  TypeInfo,
  type TypeNode,
  type VariableDefinitionNode,
  visit,
  visitWithTypeInfo,
} from 'graphql'

/** Makes an Apollo Server take documents from before amounts had 53 bits, whether a client sends them or an older gateway. */
export const takeIntsForAmounts = (schema: GraphQLSchema): ApolloServerPlugin => ({
  requestDidStart: async () => ({
    validationDidStart: async request => {
      // n.b. what is validated, and executed, is the document that the request then has
      Object.assign(request, { document: widenIntVariables(schema, request.document) })
    },
  }),
})

/**
 * The document with SafeInt as the type of each Int variable that its operation uses only where a SafeInt is expected:
 * documents from before amounts had 53 bits stay valid.
 */
export const widenIntVariables = (schema: GraphQLSchema, document: DocumentNode): DocumentNode => {
  const hasInts = document.definitions.some(
    definition => definition.kind === Kind.OPERATION_DEFINITION && intsOf(definition).length > 0,
  )
  if (!hasInts || schema.getType('SafeInt') === undefined) return document
  const uses = usesIn(schema, document)
  const definitions = document.definitions.map(definition =>
    definition.kind === Kind.OPERATION_DEFINITION ? widen(definition, uses) : definition,
  )
  const isSame = definitions.every((definition, index) => definition === document.definitions[index])
  return isSame ? document : { ...document, definitions }
}

/** What an operation or fragment itself uses: the types that are expected where its variables stand, and its fragments. */
type Use = {
  readonly expected: Map<string, Set<string | undefined>>
  readonly fragments: Set<string>
}

/** By the name of a fragment, or by the operation, which may have no name. */
type Uses = ReadonlyMap<string | OperationDefinitionNode, Use>

const usesIn = (schema: GraphQLSchema, document: DocumentNode): Uses => {
  const uses = new Map<string | OperationDefinitionNode, Use>()
  let current: Use = { expected: new Map(), fragments: new Set() }
  const enter = (definition: ExecutableDefinitionNode) => {
    current = { expected: new Map(), fragments: new Set() }
    uses.set(definition.kind === Kind.OPERATION_DEFINITION ? definition : definition.name.value, current)
  }
  const typeInfo = new TypeInfo(schema)
  const visitor = visitWithTypeInfo(typeInfo, {
    OperationDefinition: enter,
    FragmentDefinition: enter,
    FragmentSpread: ({ name }) => void current.fragments.add(name.value),
    VariableDefinition: () => false,
    Variable: ({ name }) => {
      const types = current.expected.get(name.value) ?? new Set()
      current.expected.set(name.value, types.add(getNamedType(typeInfo.getInputType())?.name))
    },
  })
  visit(document, visitor)
  return uses
}

const widen = (operation: OperationDefinitionNode, uses: Uses): OperationDefinitionNode => {
  const used = usedBy(operation, uses)
  const ints = intsOf(operation).filter(({ variable }) => {
    const types = new Set(used.flatMap(({ expected }) => [...(expected.get(variable.name.value) ?? [])]))
    return types.size === 1 && types.has('SafeInt')
  })
  if (ints.length === 0) return operation
  const variableDefinitions = operation.variableDefinitions?.map(definition =>
    ints.includes(definition) ? { ...definition, type: asSafeInt(definition.type) } : definition,
  )
  return { ...operation, variableDefinitions }
}

/** The uses of an operation and of all fragments that it has, in each other too. */
const usedBy = (operation: OperationDefinitionNode, uses: Uses): readonly Use[] => {
  const found = new Set<Use>()
  const open: (string | OperationDefinitionNode)[] = [operation]
  for (const key of open) {
    const use = uses.get(key)
    if (use === undefined || found.has(use)) continue
    found.add(use)
    open.push(...use.fragments)
  }
  return [...found]
}

const intsOf = ({ variableDefinitions = [] }: OperationDefinitionNode): readonly VariableDefinitionNode[] =>
  variableDefinitions.filter(({ type }) => nameOf(type) === 'Int')

const nameOf = (type: TypeNode): string =>
  type.kind === Kind.NAMED_TYPE ? type.name.value : nameOf(type.type)

const asSafeInt = (type: TypeNode): TypeNode =>
  visit(type, { NamedType: node => ({ ...node, name: { ...node.name, value: 'SafeInt' } }) })
