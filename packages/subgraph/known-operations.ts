import { capErrors } from '@supergraph/runtime/answer-errors.ts'
import { stopWhenNobodyWaits } from '@supergraph/runtime/caller.ts'
import { tellOperation } from '@supergraph/telemetry/operations.ts'
import {
  type ExecutionResult,
  execute,
  type GraphQLFormattedError,
  type GraphQLSchema,
  getOperationAST,
  OperationTypeNode,
} from 'graphql'
import type { CompiledResult } from './compiled/compile-operation.ts'
import type { KnownDocuments } from './known-documents.ts'
import { formatExecutionError, type Report, statusOf } from './operation-errors.ts'

/** What is asked of a subgraph. */
export type Operation = {
  /** The SHA-256 of the document's text, in hexadecimal digits. */
  readonly queryHash: string
  readonly operationName?: string | null | undefined
  readonly variables?: Readonly<Record<string, unknown>> | null | undefined
}

/** What became of an operation: the HTTP status of its answer, and the answer. */
export type Outcome = {
  readonly status: number
  readonly data: unknown
  readonly errors: readonly GraphQLFormattedError[] | undefined
  /** How long the JSON text of the data is, about, if the data is as it would come out of JSON and belongs to nobody else. */
  readonly jsonBytes?: number | undefined
}

/** Runs operations of known documents. */
export type RunKnown<C> = ReturnType<typeof createRunKnown<C>>

/**
 * Makes a function that runs queries and mutations of known documents as Apollo Server would, without its pipeline; it
 * returns undefined for what Apollo Server must read, and `createContext` is not called then.
 */
export const createRunKnown =
  <C>({
    schema,
    known,
    report,
  }: {
    readonly schema: GraphQLSchema
    readonly known: KnownDocuments
    readonly report: Report
  }) =>
  (
    { queryHash, operationName, variables }: Operation,
    createContext: () => C,
  ): Promise<Outcome> | undefined => {
    const found = known.find(queryHash)
    if (found === undefined) return undefined
    const { document, compiled } = found
    const operation = getOperationAST(document, operationName)
    if (operation == null || operation.operation === OperationTypeNode.SUBSCRIPTION) return undefined

    const run = async (): Promise<Outcome> => {
      const contextValue = createContext()
      tellOperation(operation)
      // n.b. a mutation goes on: whoever sent it would not know what it did
      if (operation.operation === OperationTypeNode.QUERY) stopWhenNobodyWaits()
      const execution = compiled.get(operation)?.execute(contextValue, variables ?? {})
      const result: ExecutionResult & Partial<CompiledResult> = await (execution ??
        execute({ schema, document, contextValue, variableValues: variables, operationName }))
      const { data, errors, size } = result
      if (errors === undefined)
        return { status: 200, data, errors, jsonBytes: size?.isJson ? size.bytes : undefined }
      report(errors)
      const status = statusOf(errors) ?? (data === undefined ? 400 : 200)
      return { status, data, errors: capErrors(errors.map(formatExecutionError)) }
    }
    return run()
  }
