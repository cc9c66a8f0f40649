import {
  type DocumentNode,
  type GraphQLSchema,
  getNamedType,
  Kind,
  TypeInfo,
  type VariableDefinitionNode,
  visit,
  visitWithTypeInfo,
} from 'graphql'

/**
 * The document with SafeInt as the type of each Int variable that stands only where a SafeInt is expected: documents from
 * before amounts had 53 bits stay valid.
 */
export const widenIntVariables = (schema: GraphQLSchema, document: DocumentNode): DocumentNode => {
  const ints = intVariables(document)
  if (ints.size === 0 || schema.getType('SafeInt') === undefined) return document
  const widened = usedAsSafeInt(schema, document, ints)
  if (widened.size === 0) return document
  return visit(document, {
    VariableDefinition: node => (widened.has(node.variable.name.value) ? withSafeInt(node) : false),
    Field: () => false,
    FragmentSpread: () => false,
  })
}

const intVariables = ({ definitions }: DocumentNode): ReadonlySet<string> =>
  new Set(
    definitions.flatMap(definition =>
      definition.kind === Kind.OPERATION_DEFINITION
        ? (definition.variableDefinitions ?? []).filter(isInt).map(({ variable }) => variable.name.value)
        : [],
    ),
  )

const isInt = ({ type }: VariableDefinitionNode): boolean => {
  let named = type
  while (named.kind !== Kind.NAMED_TYPE) named = named.type
  return named.name.value === 'Int'
}

/** Those of the variables that are used, and nowhere but where a SafeInt is expected. */
const usedAsSafeInt = (
  schema: GraphQLSchema,
  document: DocumentNode,
  names: ReadonlySet<string>,
): ReadonlySet<string> => {
  const expected = new Map<string, Set<string | undefined>>()
  const typeInfo = new TypeInfo(schema)
  const visitor = visitWithTypeInfo(typeInfo, {
    VariableDefinition: () => false,
    Variable: ({ name: { value } }) => {
      if (!names.has(value)) return
      const types = expected.get(value) ?? new Set()
      expected.set(value, types.add(getNamedType(typeInfo.getInputType())?.name))
    },
  })
  visit(document, visitor)
  return new Set(
    [...expected].filter(([, types]) => types.size === 1 && types.has('SafeInt')).map(([name]) => name),
  )
}

const withSafeInt = (node: VariableDefinitionNode): VariableDefinitionNode =>
  visit(node, {
    NamedType: type => ({ ...type, name: { ...type.name, value: 'SafeInt' } }),
  })
