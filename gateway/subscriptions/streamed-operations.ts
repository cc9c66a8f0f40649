import { beginSpan, currentTraceparent, runInSpan } from '@supergraph/runtime/trace-context.ts'
import type { GraphQLError, GraphQLFormattedError, OperationTypeNode } from 'graphql'
import type { SubscribePayload } from 'graphql-ws'
import type { Admission } from '../documents/admission.ts'
import type { PersistedQueries } from '../documents/persisted-queries.ts'
import { type FormatError, formatAny, persistedQueryNotFound } from '../errors.ts'
import type { Outcome } from '../execution/outcome.ts'
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

type RunOperation = (payload: SubscribePayload, context: OperationContext) => Promise<Outcome>

/** Prepares the operations that come over sockets, or as requests for server-sent events. */
export type StreamedOperations = ReturnType<typeof createStreamedOperations>

/** An operation was refused: none of it was executed. */
export class OperationRefused extends Error {
  /** Formatted already. */
  readonly errors: readonly GraphQLFormattedError[]
  constructor(errors: readonly GraphQLFormattedError[]) {
    super('the operation was refused')
    this.errors = errors
  }
}

export const createStreamedOperations = ({
  admission,
  persistedQueries,
  runOperation,
  prepareSubscription,
  format,
}: {
  readonly admission: Pick<Admission, 'operationOf'>
  readonly persistedQueries: Pick<PersistedQueries, 'textOf'>
  readonly runOperation: RunOperation
  readonly prepareSubscription: PrepareSubscription
  readonly format: FormatError
}) => {
  const failed = (error: unknown): Outcome => ({
    kind: 'answer',
    text: JSON.stringify({ data: null, errors: [formatAny(format, error)] }),
  })

  /** Gives what starts an operation, or the errors for which it can't be started, such as that the session is over. */
  return async (
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
    const operationName = payload.operationName ?? undefined
    const operation = admission.operationOf(query, operationName)
    if (!('document' in operation)) return operation
    const kind = operation.operation.operation
    const span = currentTraceparent() ?? beginSpan(undefined)
    const run = () =>
      runInSpan(span, () => runOperation(payload, { viewer, clientAddress, gone })).catch(failed)
    if (kind !== 'subscription') return { kind, start: () => once(run) }
    const variables = payload.variables ?? {}
    // n.b. a subscription lasts, and those with equal texts share one
    const source = { query: operation.query, operationName, variables, lastEventId }
    const start = await prepareSubscription(source, caller)
    return typeof start === 'function' ? { kind, start } : start
  }
}

const once = (run: () => Promise<Outcome>): Deliveries => {
  let isOver = false
  const deliveries: Deliveries = {
    next: async () => {
      if (isOver) return { done: true, value: undefined }
      isOver = true
      const outcome = await run()
      if (outcome.kind === 'refusal') throw new OperationRefused(outcome.errors)
      return { done: false, value: { text: outcome.text, cursor: undefined } }
    },
    return: async () => {
      isOver = true
      return { done: true, value: undefined }
    },
    [Symbol.asyncIterator]: () => deliveries,
  }
  return deliveries
}
