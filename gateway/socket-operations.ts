import {
  type DocumentNode,
  type ExecutionArgs,
  type ExecutionResult,
  GraphQLError,
  type GraphQLSchema,
  getOperationAST,
  parse,
} from 'graphql'
import type { SubscribePayload } from 'graphql-ws'
import { type FormatError, formatAny, gatewayError, printable, unknownOperation } from './errors.ts'
import { sessionEnded } from './sessions/session-watch.ts'
import type { CurrentViewer } from './sessions/socket-sessions.ts'
import type { OperationContext } from './subgraph-source.ts'
import type { Backlog } from './subscriptions/backlog.ts'
import type { PrepareSubscription } from './subscriptions/subscribe.ts'

/** Runs a query or mutation; its errors are formatted. */
export type RunOperation = (payload: SubscribePayload, context: OperationContext) => Promise<ExecutionResult>

/** Whom an operation runs for, at each moment, and from where; `backlog` is the socket's. */
export type SocketCaller = {
  readonly currentViewer: CurrentViewer
  readonly clientAddress: string | undefined
  readonly backlog: Backlog
}

type Result = ExecutionResult | AsyncIterableIterator<ExecutionResult, undefined>

/** Prepares and runs the operations that come over sockets. */
export const createSocketOperations = ({
  schema,
  runOperation,
  prepareSubscription,
  format,
}: {
  readonly schema: GraphQLSchema
  readonly runOperation: RunOperation
  readonly prepareSubscription: PrepareSubscription
  readonly format: FormatError
}) => {
  const prepared = new WeakMap<ExecutionArgs, () => Promise<Result>>()

  return {
    /** Gives the arguments to `run`, or the errors for which it can't run, such as that the session is over. */
    prepare: (
      payload: SubscribePayload,
      { currentViewer, clientAddress, backlog }: SocketCaller,
    ): ExecutionArgs | readonly GraphQLError[] => {
      const viewer = currentViewer()
      if (viewer === undefined) return [sessionEnded()]
      const document = parseDocument(payload.query)
      if (document instanceof GraphQLError) return [document]
      const operationName = payload.operationName ?? undefined
      const operation = getOperationAST(document, operationName)
      if (operation == null) return [unknownOperation()]
      const args: ExecutionArgs = { schema, document, operationName }
      if (operation.operation !== 'subscription') {
        prepared.set(args, () => runOperation(payload, { viewer, clientAddress }))
        return args
      }
      const source = { query: payload.query, document, operation, operationName }
      const request = { ...source, variables: payload.variables ?? {} }
      const start = prepareSubscription(request, currentViewer, backlog)
      if (typeof start !== 'function') return start
      prepared.set(args, start)
      return args
    },

    /** Runs what was prepared; answers with an error where it throws. */
    run: async (args: ExecutionArgs): Promise<Result> => {
      try {
        const start = prepared.get(args)
        if (start === undefined) throw new Error('an operation runs that was not prepared')
        return await start()
      } catch (error) {
        return { data: null, errors: [printable(formatAny(format, error))] }
      }
    },
  }
}

const parseDocument = (query: string): DocumentNode | GraphQLError => {
  try {
    return parse(query)
  } catch (error) {
    return gatewayError('GRAPHQL_PARSE_FAILED', error instanceof Error ? error.message : 'Syntax error')
  }
}
