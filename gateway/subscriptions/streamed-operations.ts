import {
  type ExecutionResult,
  type GraphQLError,
  type GraphQLFormattedError,
  getOperationAST,
  type OperationTypeNode,
} from 'graphql'
import type { SubscribePayload } from 'graphql-ws'
import type { PersistedQueries } from '../documents/persisted-queries.ts'
import {
  type FormatError,
  formatAny,
  persistedQueryNotFound,
  printable,
  unknownOperation,
} from '../errors.ts'
import type { Documents } from '../limits/documents.ts'
import { sessionEnded } from '../sessions/session-watch.ts'
import type { OperationContext } from '../subgraphs/call.ts'
import type { Delivery, PrepareSubscription, Subscriber } from './subscribe.ts'

/** Answers one after the other; throws what an operation ends with, or OperationRefused. */
export type Deliveries = AsyncIterableIterator<Delivery, undefined>

/** An operation that can be started, whose answers come as a stream. */
export type StreamedOperation = {
  readonly kind: OperationTypeNode
  readonly start: () => Deliveries
}

/** Runs a query or a mutation; its errors are formatted. */
type RunOperation = (payload: SubscribePayload, context: OperationContext) => Promise<ExecutionResult>

/** Prepares the operations that come over sockets, or as requests for server-sent events. */
export type StreamedOperations = ReturnType<typeof createStreamedOperations>

/** An operation was refused: none of it was executed. */
export class OperationRefused extends Error {
  /** Formatted already. */
  readonly errors: readonly GraphQLFormattedError[]
  constructor(errors: readonly GraphQLError[]) {
    super('the operation was refused')
    this.errors = errors.map(error => error.toJSON())
  }
}

export const createStreamedOperations =
  ({
    documents,
    persistedQueries,
    runOperation,
    prepareSubscription,
    format,
  }: {
    readonly documents: Documents
    readonly persistedQueries: Pick<PersistedQueries, 'textOf'>
    readonly runOperation: RunOperation
    readonly prepareSubscription: PrepareSubscription
    readonly format: FormatError
  }) =>
  /**
   * Gives what starts an operation, or the errors for which it can't be started, such as that the session is over. Throws
   * OPERATION_TOO_LARGE or GRAPHQL_PARSE_FAILED for a document that is not to be looked at any further.
   */
  async (
    sent: SubscribePayload,
    caller: Subscriber,
    lastEventId?: string,
  ): Promise<StreamedOperation | readonly GraphQLError[]> => {
    const { currentViewer, clientAddress, gone } = caller
    const viewer = currentViewer()
    if (viewer === undefined) return [sessionEnded()]
    const query = persistedQueries.textOf(sent)
    if (query === undefined) return [persistedQueryNotFound()]
    const payload = { ...sent, query }
    const document = documents.parse(payload.query)
    const operationName = payload.operationName ?? undefined
    const operation = getOperationAST(document, operationName)
    if (operation == null) return [unknownOperation()]
    const kind = operation.operation
    const run = () =>
      runOperation(payload, { viewer, clientAddress, gone }).catch((error: unknown) => ({
        data: null,
        errors: [printable(formatAny(format, error))],
      }))
    if (kind !== 'subscription') return { kind, start: () => once(run) }
    const variables = payload.variables ?? {}
    const source = { query: payload.query, document, operationName, variables, lastEventId }
    const start = await prepareSubscription(source, caller)
    return typeof start === 'function' ? { kind, start } : start
  }

const once = (run: () => Promise<ExecutionResult>): Deliveries => {
  let isOver = false
  const deliveries: Deliveries = {
    next: async () => {
      if (isOver) return { done: true, value: undefined }
      isOver = true
      const result = await run()
      if (isRefusal(result)) throw new OperationRefused(result.errors)
      return { done: false, value: { text: JSON.stringify(result), cursor: undefined } }
    },
    return: async () => {
      isOver = true
      return { done: true, value: undefined }
    },
    [Symbol.asyncIterator]: () => deliveries,
  }
  return deliveries
}

// n.b. what was executed has data; Apollo's types give the answer to a forbidden operation data that is null
const isRefusal = (
  result: ExecutionResult,
): result is ExecutionResult & Required<Pick<ExecutionResult, 'errors'>> =>
  result.errors !== undefined &&
  (result.data === undefined || (result.data === null && result.errors.every(isForbidden)))

const isForbidden = ({ extensions }: GraphQLError): boolean =>
  extensions.code === 'UNAUTHORIZED_FIELD_OR_TYPE'
