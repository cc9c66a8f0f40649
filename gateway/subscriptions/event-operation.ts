import type { FetchNode } from '@apollo/query-planner'
import {
  type ArgumentNode,
  type FieldNode,
  Kind,
  type NameNode,
  type OperationDefinitionNode,
  parse,
  parseType,
  print,
  type SelectionSetNode,
  type VariableNode,
  valueFromASTUntyped,
  visit,
} from 'graphql'
import { keyOf } from '../authorization/selections.ts'
import type { Resumption, SubscriptionMarks } from '../subgraphs/subscription-marks.ts'
import { type StateKey, selectPath } from './states.ts'

/** What a subscription asks of the subgraph that sends its events. */
export type EventOperation = {
  readonly serviceName: string
  readonly operationName: string | undefined
  /** Of these variables of the client's operation it takes the values. */
  readonly variableUsages: readonly string[]
  /** The text that begins the subscription. */
  readonly query: string
  /** Undefined if the supergraph does not say how the subscription goes on. */
  readonly resumable: ResumableOperation | undefined
  /** If each event is the newest state of something, and the subscription begins with the states of all. */
  readonly stateKey: StateKey | undefined
}

/** How an operation goes on: each of its events has the cursor at `data[rootKey][cursorKey]`. */
export type ResumableOperation = {
  readonly rootKey: string
  readonly cursorKey: string
  /** The text that goes on after the cursor in this variable. */
  readonly query: string
  readonly variable: string
  readonly argumentType: string
  readonly variableUsages: readonly string[]
  /** The variable in which the client itself gives a cursor, if it does. */
  readonly givenIn: string | undefined
  /** The cursor that the client itself goes on from; null or undefined if it gives none. */
  readonly startIn: (variables: Readonly<Record<string, unknown>>) => unknown
  readonly beginsWithState: boolean
}

/** Gives the event operation of a plan; of the same plan the same one. */
export const createEventOperations = (marks: ReadonlyMap<string, SubscriptionMarks>) => {
  const known = new WeakMap<FetchNode, EventOperation>()
  return (events: FetchNode): EventOperation => {
    const before = known.get(events)
    if (before !== undefined) return before
    const made = makeEventOperation(events, marks)
    known.set(events, made)
    return made
  }
}

const makeEventOperation = (
  { serviceName, operation: query, operationName, variableUsages = [] }: FetchNode,
  marks: ReadonlyMap<string, SubscriptionMarks>,
): EventOperation => {
  const plain = {
    serviceName,
    operationName,
    variableUsages,
    query,
    resumable: undefined,
    stateKey: undefined,
  }
  const [operation, ...fragments] = parse(query).definitions
  if (operation?.kind !== Kind.OPERATION_DEFINITION || fragments.length > 0) return plain
  const [root, ...others] = operation.selectionSet.selections
  if (root?.kind !== Kind.FIELD || others.length > 0) return plain
  const mark = marks.get(root.name.value)
  if (mark === undefined || root.selectionSet === undefined) return plain
  const { resumption, beginsWithState, stateOf } = mark
  const freeName = (name: string): string => (query.includes(name) ? freeName(`${name}_`) : name)
  if (resumption === undefined) {
    const key = freeName('state_')
    const state = selectPath(key, stateOf)
    const selected: FieldNode = { ...root, selectionSet: withSelection(root.selectionSet, state) }
    const stateKey = { rootKey: keyOf(root), key, path: stateOf.slice(1) }
    return { ...plain, query: print(withRoot(operation, selected)), stateKey }
  }
  const cursorKey = freeName('cursor_')
  const cursor: FieldNode = { kind: Kind.FIELD, alias: named(cursorKey), name: named(resumption.field) }
  const selected: FieldNode = { ...root, selectionSet: withSelection(root.selectionSet, cursor) }
  const variable = freeName('after_')
  const resumed = resumedAt(operation, selected, resumption, variable)
  return {
    ...plain,
    query: print(withRoot(operation, selected)),
    resumable: {
      rootKey: keyOf(root),
      cursorKey,
      query: print(resumed),
      variable,
      argumentType: resumption.argumentType,
      variableUsages: variableUsages.filter(name => isDefined(resumed, name)),
      givenIn: variableIn(root, resumption),
      startIn: variables => startOf(operation, root, resumption, variables),
      beginsWithState,
    },
  }
}

/** The operation with its cursor in a variable of its own, and without the variables that only the cursor used. */
const resumedAt = (
  operation: OperationDefinitionNode,
  root: FieldNode,
  { argument, argumentType }: Resumption,
  variable: string,
): OperationDefinitionNode => {
  const node: VariableNode = { kind: Kind.VARIABLE, name: named(variable) }
  const after: ArgumentNode = { kind: Kind.ARGUMENT, name: named(argument), value: node }
  const others = root.arguments?.filter(({ name }) => name.value !== argument) ?? []
  const resumed = withRoot(operation, { ...root, arguments: [...others, after] })
  const used = new Set<string>()
  visit(resumed.selectionSet, { Variable: ({ name }) => void used.add(name.value) })
  const definitions = operation.variableDefinitions?.filter(definition =>
    used.has(definition.variable.name.value),
  )
  return {
    ...resumed,
    variableDefinitions: [
      ...(definitions ?? []),
      { kind: Kind.VARIABLE_DEFINITION, variable: node, type: parseType(argumentType) },
    ],
  }
}

const startOf = (
  { variableDefinitions = [] }: OperationDefinitionNode,
  root: FieldNode,
  resumption: Resumption,
  variables: Readonly<Record<string, unknown>>,
): unknown => {
  const given = givenIn(root, resumption)
  if (given === undefined) return undefined
  const name = variableIn(root, resumption)
  if (name === undefined || Object.hasOwn(variables, name)) return valueFromASTUntyped(given, variables)
  const definition = variableDefinitions.find(({ variable }) => variable.name.value === name)
  return definition?.defaultValue && valueFromASTUntyped(definition.defaultValue)
}

const givenIn = (root: FieldNode, { argument }: Resumption) =>
  root.arguments?.find(({ name }) => name.value === argument)?.value

const variableIn = (root: FieldNode, resumption: Resumption): string | undefined => {
  const given = givenIn(root, resumption)
  return given?.kind === Kind.VARIABLE ? given.name.value : undefined
}

const withRoot = (operation: OperationDefinitionNode, root: FieldNode): OperationDefinitionNode => ({
  ...operation,
  selectionSet: { ...operation.selectionSet, selections: [root] },
})

const withSelection = (set: SelectionSetNode, selection: FieldNode): SelectionSetNode => ({
  ...set,
  selections: [...set.selections, selection],
})

const isDefined = ({ variableDefinitions = [] }: OperationDefinitionNode, name: string): boolean =>
  variableDefinitions.some(({ variable }) => variable.name.value === name)

const named = (value: string): NameNode => ({ kind: Kind.NAME, value })
