import { hash } from 'node:crypto'
import { readRecordedOperations } from '@supergraph/schema/recorded-operations.ts'
import { Kind, parse } from 'graphql'
import type { OperationView } from '../pages/views.ts'
import { type Span, textOf } from '../traces/span.ts'
import { isOperation } from '../traces/summary.ts'

/** Finds the document of an operation by its hash. */
export type RecordedOperations = { readonly find: (spans: readonly Span[]) => OperationView | undefined }

/**
 * Knows the operations in `schema/operations`. n.b. spans hold the hash of a document and not its text, in which a password
 * may stand, so that other documents are unknown here.
 */
export const createRecordedOperations = (gatewayUrl: string): RecordedOperations => {
  let operations: ReadonlyMap<string, Omit<OperationView, 'gatewayUrl'>> | undefined
  return {
    find: spans => {
      operations ??= readOperations()
      const span = spans.find(isOperation)
      const found = operations.get(span === undefined ? '' : (textOf(span, hashKey) ?? ''))
      return found && { ...found, gatewayUrl }
    },
  }
}

const hashKey = 'supergraph.operation.hash'

const readOperations = (): ReadonlyMap<string, Omit<OperationView, 'gatewayUrl'>> =>
  new Map(
    readRecordedOperations().flatMap(text =>
      [text, text.trim()].map(each => [hash('sha256', each), describe(text.trim())] as const),
    ),
  )

const describe = (document: string): Omit<OperationView, 'gatewayUrl'> => {
  const definitions = parse(document).definitions.filter(node => node.kind === Kind.OPERATION_DEFINITION)
  const variables = definitions.flatMap(({ variableDefinitions = [] }) => variableDefinitions)
  return {
    name: definitions[0]?.name?.value ?? '',
    document,
    variables: Object.fromEntries(variables.map(({ variable }) => [variable.name.value, null])),
  }
}
