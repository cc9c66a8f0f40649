import { createHash } from 'node:crypto'
import { createCache } from '@supergraph/runtime/cache.ts'
import type { Viewer } from '@supergraph/runtime/identity.ts'
import { GraphQLError, specifiedRules, validate } from 'graphql'
import type { Authority } from '../authorization/authority.ts'
import type { ClientOperation } from '../authorization/selections.ts'
import { type FormatError, formatAny, gatewayError } from '../errors.ts'
import { toText } from '../execution/answer.ts'
import type { Execution, PreparedOperation } from '../execution/execution.ts'
import { sessionEnded } from '../sessions/session-watch.ts'
import type { SubgraphAnswer } from '../subgraphs/answer.ts'
import type { OperationClient, OperationContext } from '../subgraphs/call.ts'
import { type Backlog, createEventStream, mapEvents } from '../subgraphs/event-stream.ts'
import type { Upstream } from '../subgraphs/upstream.ts'
import type { LoadedSupergraph } from '../supergraph.ts'
import { type BroadcastEvent, createBroadcasts } from './broadcasts.ts'
import { createEventOperations } from './event-operation.ts'
import { type Cursor, cursorIn } from './position.ts'
import { createSubjectKey, viewerKey } from './subject-key.ts'

/** A subscription as a client wrote it, and the values for its variables. */
export type SubscriptionRequest = Omit<ClientOperation, 'queryHash'> & {
  readonly variables: Readonly<Record<string, unknown>>
  /** The id of the last event that the client received, if it goes on after that. */
  readonly lastEventId?: string | undefined
}

/** Who subscribes: the viewer at each moment, and the room for what waits for the client. */
export type Subscriber = OperationClient & {
  readonly currentViewer: () => Viewer | undefined
  readonly backlog: Backlog
}

/** An event as a client gets it: the JSON text of its answer, and where the subscription goes on after it, if that is known. */
export type Delivery = { readonly text: string; readonly cursor: Cursor | undefined }

/** Prepares a subscription to be started. */
export type PrepareSubscription = ReturnType<typeof createPrepareSubscription>

const maxValidQueryBytes = 1024 * 1024
const maxQueuedEvents = 1_000
const noSuchEvent =
  'This subscription has no event with the id in Last-Event-ID: leave the header out, and read the state again.'
const nothingToSend = 'This subscription selects nothing that a subgraph sends.'

/** Runs subscriptions: the events come from one subgraph, and the other subgraphs complete each event. */
export const createPrepareSubscription = ({
  supergraph: { schema, subscriptionMarks, subgraphs },
  execution,
  upstreams,
  format,
}: {
  readonly supergraph: Pick<LoadedSupergraph, 'schema' | 'subscriptionMarks' | 'subgraphs'>
  readonly execution: Execution
  readonly upstreams: ReadonlyMap<string, Upstream>
  readonly format: FormatError
}) => {
  const eventOperationOf = createEventOperations(subscriptionMarks)
  const broadcasts = createBroadcasts<string>()
  const told = new Set(
    subgraphs.filter(({ isToldClientAddress }) => isToldClientAddress).map(({ name }) => name),
  )
  const subjectKeyOf = createSubjectKey(service => told.has(service))
  const validQueries = createCache<true>({ maxBytes: maxValidQueryBytes, sizeOf: () => 0 })

  const validationErrors = ({ document, queryHash }: ClientOperation): readonly GraphQLError[] => {
    if (validQueries.get(queryHash)) return []
    try {
      const errors = validate(schema, document, specifiedRules, { hideSuggestions: true })
      if (errors.length === 0) validQueries.set(queryHash, true)
      return errors
    } catch {
      // n.b. graphql's rule for subscriptions throws on a directive at the root that takes a variable
      return [new GraphQLError('A subscription takes no @skip or @include at its root.')]
    }
  }

  /** What an authority may have of a subscription, or the errors for which it may have nothing. */
  const permit = async (
    operation: ClientOperation & SubscriptionRequest,
    authority: Authority,
    client: OperationClient,
  ): Promise<PreparedOperation | readonly GraphQLError[]> => {
    const prepared = await execution.prepare(operation, operation.variables, { ...client, authority })
    if (prepared.kind === 'prepared') return prepared
    if (prepared.kind === 'refused') return prepared.errors
    return prepared.errors.map(({ message }) => gatewayError('BAD_USER_INPUT', message))
  }

  const complete = async (
    { execute }: PreparedOperation,
    event: SubgraphAnswer,
    context: OperationContext,
  ): Promise<string> => {
    try {
      return toText(await execute(context, event), format)
    } catch (error) {
      return JSON.stringify({ data: null, errors: [formatAny(format, error)] })
    }
  }

  /**
   * Gives what starts the subscription, or the errors for which it can't be started. Each event is completed for who
   * `currentViewer` then is, who gets no more than the one who subscribed; undefined is a session that is over, and so is
   * the subscription, with UNAUTHENTICATED. What waits for the client counts against `backlog`.
   */
  return async (
    request: SubscriptionRequest,
    { currentViewer, backlog, ...client }: Subscriber,
  ): Promise<(() => AsyncIterableIterator<Delivery, undefined>) | readonly GraphQLError[]> => {
    const firstViewer = currentViewer()
    if (firstViewer === undefined) return [sessionEnded()]
    const operation = { ...request, queryHash: hashOf(request.query) }
    const invalid = validationErrors(operation)
    if (invalid.length > 0) return invalid.map(withCode)
    const atMost = execution.authorityOf(firstViewer)
    const first = await permit(operation, atMost, client)
    if (!('kind' in first)) return first
    if (first.plan.events === undefined) return [gatewayError('BAD_REQUEST', nothingToSend)]

    const eventOperation = eventOperationOf(first.plan.events)
    const { lastEventId } = request
    const after = lastEventId ? cursorIn(lastEventId, eventOperation.resumable?.argumentType) : undefined
    if (lastEventId && after === undefined) return [gatewayError('BAD_REQUEST', noSuchEvent)]
    const upstream = upstreams.get(eventOperation.serviceName)
    if (upstream === undefined)
      throw new Error(`the plan names a subgraph that is not there: ${eventOperation.serviceName}`)

    const permitNow = async (viewer: Viewer): Promise<PreparedOperation> => {
      // n.b. a viewer who may do more by now gets no more: what was not asked of the upstream is in no event
      const permitted = await permit(operation, execution.authorityOf(viewer).and(atMost), client)
      if (!('kind' in permitted)) throw permitted[0]
      return permitted
    }
    /** Completes an event for the viewer at that moment; throws the error with which the subscription ends. */
    const deliver = async ({ answer, cursor, completeOnce }: BroadcastEvent<string>): Promise<Delivery> => {
      const viewer = currentViewer()
      if (viewer === undefined) throw sessionEnded()
      const isTheSame = viewerKey(viewer) === viewerKey(firstViewer)
      const text = isTheSame
        ? await completeOnce(gone => complete(first, answer, { ...client, viewer, gone }))
        : await complete(await permitNow(viewer), answer, { ...client, viewer })
      if (currentViewer() === undefined) throw sessionEnded()
      return { text, cursor }
    }

    const key = subjectKeyOf(operation, first, eventOperation, { ...client, viewer: firstViewer })
    return () => {
      let leave = (): void => undefined
      const { events, push, fail, end } = createEventStream<BroadcastEvent<string>>({
        maxQueued: maxQueuedEvents,
        backlog,
        tooSlow,
        onClose: () => {
          client.gone?.removeEventListener('abort', leave)
          leave()
        },
      })
      leave = broadcasts.join(
        { key, upstream, operation: eventOperation, values: first.values, after },
        firstViewer,
        {
          viewer: currentViewer,
          push: event => push(event, event.bytes),
          end: error => (error === undefined ? end() : fail(error)),
        },
      )
      client.gone?.addEventListener('abort', leave)
      return mapEvents(events, event =>
        deliver(event).catch(async (error: unknown) => {
          await events.return?.()
          throw error
        }),
      )
    }
  }
}

const tooSlow = () =>
  gatewayError(
    'SLOW_CONSUMER',
    'Events came faster than they were read: subscribe again from the last cursor that you received.',
  )

const hashOf = (query: string): string => createHash('sha256').update(query).digest('hex')

const withCode = (error: GraphQLError): GraphQLError => {
  error.extensions.code ??= 'GRAPHQL_VALIDATION_FAILED'
  return error
}
