import { hash } from 'node:crypto'
import { readRecordedOperations } from '@supergraph/schema/recorded-operations.ts'
import { Kind, parse } from 'graphql'
import type { OperationView } from '../pages/views.ts'
import { type Span, textOf } from '../traces/span.ts'
import { isOperation } from '../traces/summary.ts'

/** Finds the document of an operation. */
export type RecordedOperations = {
  /** The operation that spans are of, by its hash. */
  readonly find: (spans: readonly Span[]) => OperationView | undefined
  readonly named: (name: string) => OperationView | undefined
}

/**
 * Knows the operations in `schema/operations`. n.b. spans hold the hash of a document and not its text, in which a password
 * may stand, so that other documents are unknown here.
 */
export const createRecordedOperations = (gatewayUrl: string): RecordedOperations => {
  let operations: ReadonlyMap<string, OperationView> | undefined
  const known = () => {
    operations ??= readOperations(gatewayUrl)
    return operations
  }
  return {
    find: spans => {
      const span = spans.find(isOperation)
      return known().get(span === undefined ? '' : (textOf(span, hashKey) ?? ''))
    },
    named: name =>
      known()
        .values()
        .find(operation => operation.name === name),
  }
}

const hashKey = 'supergraph.operation.hash'

const readOperations = (gatewayUrl: string): ReadonlyMap<string, OperationView> =>
  new Map(
    readRecordedOperations().flatMap(text => {
      const operation = describe(text.trim(), gatewayUrl)
      return [text, text.trim()].map(each => [hash('sha256', each), operation] as const)
    }),
  )

const describe = (document: string, gatewayUrl: string): OperationView => {
  const definitions = parse(document).definitions.filter(node => node.kind === Kind.OPERATION_DEFINITION)
  const variables = definitions.flatMap(({ variableDefinitions = [] }) => variableDefinitions)
  return {
    name: definitions[0]?.name?.value ?? '',
    document,
    variables: Object.fromEntries(variables.map(({ variable }) => [variable.name.value, null])),
    gatewayUrl,
  }
}
