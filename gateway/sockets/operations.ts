import {
  type ExecutionArgs,
  type ExecutionResult,
  type GraphQLError,
  type GraphQLSchema,
  getOperationAST,
} from 'graphql'
import type { SubscribePayload } from 'graphql-ws'
import { type FormatError, formatAny, printable, unknownOperation } from '../errors.ts'
import type { createRunOperation } from '../http/apollo.ts'
import { widenIntVariables } from '../int-variables.ts'
import type { Documents } from '../limits/documents.ts'
import { sessionEnded } from '../sessions/session-watch.ts'
import type { Backlog } from '../subgraphs/event-stream.ts'
import type { PrepareSubscription } from '../subscriptions/subscribe.ts'
import type { CurrentViewer } from './sessions.ts'

/** Who sent an operation: the viewer at each moment, the client's address, and the socket's backlog. */
export type SocketCaller = {
  readonly currentViewer: CurrentViewer
  readonly clientAddress: string | undefined
  readonly backlog: Backlog
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
  prepare: (
    payload: SubscribePayload,
    { currentViewer, clientAddress, backlog }: SocketCaller,
  ): ExecutionArgs | readonly GraphQLError[] => {
    const viewer = currentViewer()
    if (viewer === undefined) return [sessionEnded()]
    const document = widenIntVariables(schema, documents.parse(payload.query))
    const operationName = payload.operationName ?? undefined
    const operation = getOperationAST(document, operationName)
    if (operation == null) return [unknownOperation()]
    const source = { query: payload.query, document, operation, operationName }
    const start =
      operation.operation === 'subscription'
        ? prepareSubscription({ ...source, variables: payload.variables ?? {} }, currentViewer, backlog)
        : () => runOperation(payload, { viewer, clientAddress })
    if (typeof start !== 'function') return start
    const args = { schema, document, operationName }
    starts.set(args, start)
    return args
  },

  /** Runs what was prepared; answers with an error if it throws. */
  run: async (args: ExecutionArgs): Promise<Result> => {
    try {
      const start = starts.get(args)
      if (start === undefined) throw new Error('an operation runs that was not prepared')
      return await start()
    } catch (error) {
      return { data: null, errors: [printable(formatAny(format, error))] }
    }
  },
})
