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
  let documents: ReadonlyMap<string, string> | undefined
  return {
    find: spans => {
      documents ??= readDocuments()
      const operation = spans.find(isOperation)
      const document = documents.get(operation === undefined ? '' : (textOf(operation, hashKey) ?? ''))
      return document === undefined ? undefined : { document, variables: variablesOf(document), gatewayUrl }
    },
  }
}

const hashKey = 'supergraph.operation.hash'

const readDocuments = (): ReadonlyMap<string, string> =>
  new Map(
    readRecordedOperations()
      .flatMap(text => [text, text.trim()])
      .map(text => [hash('sha256', text), text.trim()]),
  )

const variablesOf = (document: string): Readonly<Record<string, null>> =>
  Object.fromEntries(
    parse(document).definitions.flatMap(definition =>
      definition.kind === Kind.OPERATION_DEFINITION
        ? (definition.variableDefinitions ?? []).map(({ variable }) => [variable.name.value, null] as const)
        : [],
    ),
  )
