import { widenIntVariables } from '@supergraph/subgraph/int-variables.ts'
import {
  type ExecutionArgs,
  type ExecutionResult,
  type GraphQLError,
  type GraphQLFormattedError,
  type GraphQLSchema,
  getOperationAST,
} from 'graphql'
import type { SubscribePayload } from 'graphql-ws'
import { type FormatError, formatAny, printable, unknownOperation } from '../errors.ts'
import type { createRunOperation } from '../http/apollo.ts'
import type { Documents } from '../limits/documents.ts'
import { sessionEnded } from '../sessions/session-watch.ts'
import { type Backlog, mapEvents } from '../subgraphs/event-stream.ts'
import type { PrepareSubscription } from '../subscriptions/subscribe.ts'
import type { CurrentViewer } from './sessions.ts'

/** Who sent an operation: the viewer at each moment, the client's address and whether it has gone, and the socket's backlog. */
export type SocketCaller = {
  readonly currentViewer: CurrentViewer
  readonly clientAddress: string | undefined
  readonly gone: AbortSignal
  readonly backlog: Backlog
}

/** An operation was refused: none of it was executed. */
export class OperationRefused extends Error {
  /** Formatted already. */
  readonly errors: readonly GraphQLFormattedError[]
  constructor(errors: readonly GraphQLError[]) {
    super('the operation was refused')
    this.errors = errors.map(error => error.toJSON())
  }
}

type Result = ExecutionResult | AsyncIterableIterator<ExecutionResult, undefined>

/** What `prepare` leaves for `run`, by the arguments that graphql-ws takes from the one and gives to the other. */
const starts = new WeakMap<ExecutionArgs, () => Promise<Result>>()

/** Prepares and runs the operations that come over sockets. */
export const createSocketOperations = ({
  schema,
  documents,
  runOperation,
  prepareSubscription,
  format,
}: {
  readonly schema: GraphQLSchema
  readonly documents: Documents
  readonly runOperation: ReturnType<typeof createRunOperation>
  readonly prepareSubscription: PrepareSubscription
  readonly format: FormatError
}) => ({
  /**
   * Gives the arguments to `run`, or the errors for which it can't run, such as that the session is over. Throws
   * OPERATION_TOO_LARGE or GRAPHQL_PARSE_FAILED for a document that is not to be looked at any further.
   */
  prepare: async (
    payload: SubscribePayload,
    caller: SocketCaller,
  ): Promise<ExecutionArgs | readonly GraphQLError[]> => {
    const { currentViewer, clientAddress, gone } = caller
    const viewer = currentViewer()
    if (viewer === undefined) return [sessionEnded()]
    const document = widenIntVariables(schema, documents.parse(payload.query))
    const operationName = payload.operationName ?? undefined
    const operation = getOperationAST(document, operationName)
    if (operation == null) return [unknownOperation()]
    const source = { query: payload.query, document, operation, operationName }
    const start =
      operation.operation === 'subscription'
        ? resultsOf(await prepareSubscription({ ...source, variables: payload.variables ?? {} }, caller))
        : () => runOperation(payload, { viewer, clientAddress, gone })
    if (typeof start !== 'function') return start
    const args = { schema, document, operationName }
    starts.set(args, start)
    return args
  },

  /**
   * Runs what was prepared; answers with an error if it throws. The result of an operation of which nothing was executed
   * is a stream that fails with OperationRefused.
   */
  run: async (args: ExecutionArgs): Promise<Result> => {
    try {
      const start = starts.get(args)
      if (start === undefined) throw new Error('an operation runs that was not prepared')
      const result = await start()
      return isRefusal(result) ? failing(new OperationRefused(result.errors)) : result
    } catch (error) {
      return { data: null, errors: [printable(formatAny(format, error))] }
    }
  },
})

type Prepared = Awaited<ReturnType<PrepareSubscription>>

const resultsOf = (prepared: Prepared) =>
  typeof prepared === 'function'
    ? async () =>
        mapEvents(prepared(), async ({ text }): Promise<ExecutionResult> => {
          const { errors, ...result } = JSON.parse(text)
          return errors === undefined ? result : { ...result, errors: errors.map(printable) }
        })
    : prepared

// n.b. what was executed has data; Apollo's types give the answer to a forbidden operation data that is null
const isRefusal = (result: Result): result is ExecutionResult & Required<Pick<ExecutionResult, 'errors'>> =>
  'errors' in result &&
  result.errors !== undefined &&
  (result.data === undefined || (result.data === null && result.errors.every(isForbidden)))

const isForbidden = ({ extensions }: GraphQLError): boolean =>
  extensions.code === 'UNAUTHORIZED_FIELD_OR_TYPE'

// n.b. graphql-ws sends an `error` message for what fails in a stream, and for no other result
const failing = (error: Error): AsyncIterableIterator<never, undefined> => ({
  next: () => Promise.reject(error),
  [Symbol.asyncIterator]() {
    return this
  },
})
