import type { RunningOperation } from '@supergraph/runtime/socket-protocol.ts'
import { beginSpan, currentTraceparent, runInSpan } from '@supergraph/runtime/trace-context.ts'
import { activeSpan, endWith } from '@supergraph/telemetry/spans.ts'
import type { GraphQLError, OperationTypeNode } from 'graphql'
import type { SubscribePayload } from 'graphql-ws'
import type { Admission } from '../documents/admission.ts'
import type { PersistedQueries } from '../documents/persisted-queries.ts'
import { type FormatError, formatAny, persistedQueryNotFound } from '../errors.ts'
import type { Outcome } from '../execution/outcome.ts'
import { sessionEnded } from '../sessions/session-watch.ts'
import type { OperationContext } from '../subgraphs/call.ts'
import type { CountUse } from '../usage-reporting/use-counts.ts'
import type { PrepareSubscription } from './subscribe.ts'
import type { Recipient, Subscriber } from './subscription.ts'

/** An operation that can be started. */
export type StreamedOperation = {
  readonly kind: OperationTypeNode
  readonly start: (recipient: Recipient) => RunningOperation
}

type RunOperation = (payload: SubscribePayload, context: OperationContext) => Promise<Outcome>

/** Prepares the operations that come over sockets, or as requests for server-sent events. */
export type StreamedOperations = ReturnType<typeof createStreamedOperations>

export const createStreamedOperations = ({
  admission,
  persistedQueries,
  runOperation,
  prepareSubscription,
  countUse,
  format,
}: {
  readonly admission: Pick<Admission, 'operationOf'>
  readonly persistedQueries: Pick<PersistedQueries, 'textOf'>
  readonly runOperation: RunOperation
  readonly prepareSubscription: PrepareSubscription
  readonly countUse: CountUse
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
    const { session, clientAddress, clientDevice, client, gone } = caller
    const viewer = session.viewer()
    if (viewer === undefined) return [sessionEnded()]
    const query = persistedQueries.textOf(sent)
    if (query === undefined) return [persistedQueryNotFound()]
    const payload = { ...sent, query }
    const operationName = payload.operationName ?? undefined
    const operation = admission.operationOf(query, operationName)
    if (!('document' in operation)) return operation
    const kind = operation.operation.operation
    const span = currentTraceparent() ?? beginSpan(undefined)
    const recorded = activeSpan()
    const work = () => runOperation(payload, { viewer, clientAddress, clientDevice, client, gone })
    const run = () => (recorded === undefined ? runInSpan(span, work) : endWith(recorded, work)).catch(failed)
    if (kind !== 'subscription') return { kind, start: recipient => once(run, recipient) }
    const variables = payload.variables ?? {}
    // n.b. a subscription lasts, and those with equal texts share one
    const source = { query: operation.query, operationName, variables, lastEventId }
    const start = await prepareSubscription(source, caller)
    recorded?.end()
    if (typeof start !== 'function') return start
    countUse(operation, client)
    return { kind, start }
  }
}

const once = (run: () => Promise<Outcome>, recipient: Recipient): RunningOperation => {
  let isOver = false
  void run().then(async outcome => {
    if (isOver) return
    if (outcome.kind === 'refusal') return recipient.end(outcome.errors)
    await recipient.next(outcome.text, undefined)
    if (!isOver) recipient.end()
  })
  return {
    stop: () => {
      isOver = true
    },
  }
}
