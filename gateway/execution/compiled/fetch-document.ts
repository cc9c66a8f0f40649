import type { FetchNode } from '@apollo/query-planner'
import { setOwn } from '@supergraph/runtime/json-object.ts'
import { fixAttributes } from '@supergraph/telemetry/attributes.ts'
import { OperationTypeNode } from 'graphql'
import type { TakeData } from '../../subgraphs/answer.ts'
import type { FetchDocument, SubgraphRequest } from '../../subgraphs/call.ts'
import type { PlanRun } from './run.ts'

/** A list of entities that a request asks for: the variable that has their representations, and these as JSON texts. */
export type RequestedEntities = {
  readonly variable: string
  readonly representations: readonly string[]
  /** How many objects of the answer they stand for. */
  readonly count: number
}

/** Writes once what all requests of a fetch, or of several in one, have in common; spans name them by their numbers. */
export const createFetchDocument = (
  {
    operation,
    operationName,
    operationKind,
  }: Pick<FetchNode, 'operation' | 'operationName' | 'operationKind'>,
  numbers: readonly (number | undefined)[],
): FetchDocument => {
  const name = operationName === undefined ? '' : `,"operationName":${JSON.stringify(operationName)}`
  return {
    query: operation,
    operationName,
    isMutation: operationKind === OperationTypeNode.MUTATION,
    head: `{"query":${JSON.stringify(operation)}${name},"variables":`,
    told: fixAttributes({ 'supergraph.fetch.numbers': numbers.join(' ') }),
  }
}

/** A request with those of the client's variables that it uses, and with entities; what takes the text of the answer may leave it unread. */
export const createRequest = (
  document: FetchDocument,
  usages: readonly string[],
  { variables }: Pick<PlanRun, 'variables'>,
  {
    entities = [],
    takeData,
  }: { readonly entities?: readonly RequestedEntities[]; readonly takeData?: TakeData | undefined },
): SubgraphRequest => ({
  document,
  takeData,
  entities,
  variablesText: () => {
    let text = '{'
    for (const { variable, representations } of entities)
      text += `${text === '{' ? '' : ','}"${variable}":[${representations.join(',')}]`
    for (const name of usages) {
      const value = given(variables, name)
      if (value !== undefined) text += `${text === '{' ? '' : ','}"${name}":${JSON.stringify(value)}`
    }
    return `${text}}`
  },
  variables: () => {
    const values: Record<string, unknown> = {}
    for (const { variable, representations } of entities)
      values[variable] = representations.map((text): unknown => JSON.parse(text))
    for (const name of usages) {
      const value = given(variables, name)
      if (value !== undefined) setOwn(values, name, value)
    }
    return values
  },
})

const given = (variables: PlanRun['variables'], name: string): unknown =>
  Object.hasOwn(variables, name) ? variables[name] : undefined
