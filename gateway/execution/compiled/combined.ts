import type { FetchNode } from '@apollo/query-planner'
import {
  type FieldNode,
  Kind,
  type OperationDefinitionNode,
  OperationTypeNode,
  parse,
  print,
  stripIgnoredCharacters,
  type VariableDefinitionNode,
  visit,
} from 'graphql'

/** The field by which a subgraph gives entities, and the variable with their representations. */
export const entitiesField = '_entities'
export const representationsVariable = 'representations'

/** Under which names the entities of a combined fetch come and are asked for. */
export const namesIn = (index: number) => ({
  responseKey: `_e${index}`,
  variable: `${representationsVariable}${index}`,
})

/** Whether a fetch of entities can be one of several in a request: a fragment could have a name that another one has. */
export const canCombine = ({ operation }: Pick<FetchNode, 'operation'>): boolean => {
  const [definition, ...others] = parse(operation, { noLocation: true }).definitions
  return (
    others.length === 0 &&
    definition?.kind === Kind.OPERATION_DEFINITION &&
    definition.selectionSet.selections.length === 1 &&
    (definition.directives ?? []).length === 0
  )
}

/**
 * Writes several fetches of entities from one subgraph as one operation. n.b. the client's variables have one value in all
 * of them; only the representations differ.
 */
export const combineFetches = (
  fetches: readonly FetchNode[],
): Pick<FetchNode, 'operation' | 'operationName' | 'operationKind'> => {
  const operations = fetches.map(({ operation }, index) => withNames(parseOperation(operation), index))
  const variables = new Map<string, VariableDefinitionNode>()
  const selections: FieldNode[] = []
  for (const { variableDefinitions = [], selectionSet } of operations) {
    for (const definition of variableDefinitions) variables.set(definition.variable.name.value, definition)
    for (const selection of selectionSet.selections)
      if (selection.kind === Kind.FIELD) selections.push(selection)
  }
  const operationName = fetches[0]?.operationName
  const operation: OperationDefinitionNode = {
    kind: Kind.OPERATION_DEFINITION,
    operation: OperationTypeNode.QUERY,
    name: operationName === undefined ? undefined : { kind: Kind.NAME, value: operationName },
    variableDefinitions: [...variables.values()],
    selectionSet: { kind: Kind.SELECTION_SET, selections },
  }
  return {
    operation: stripIgnoredCharacters(print(operation)),
    operationName,
    operationKind: OperationTypeNode.QUERY,
  }
}

const parseOperation = (text: string): OperationDefinitionNode => {
  const [definition] = parse(text, { noLocation: true }).definitions
  if (definition?.kind !== Kind.OPERATION_DEFINITION) throw new Error('a fetch has no operation')
  return definition
}

const withNames = (operation: OperationDefinitionNode, index: number): OperationDefinitionNode => {
  const { responseKey, variable } = namesIn(index)
  return visit(operation, {
    Variable: node =>
      node.name.value === representationsVariable
        ? { ...node, name: { ...node.name, value: variable } }
        : undefined,
    Field: {
      leave: node =>
        node.name.value === entitiesField
          ? { ...node, alias: { kind: Kind.NAME, value: responseKey } }
          : undefined,
    },
  })
}
