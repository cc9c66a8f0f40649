import { type Viewer, viewerKey } from '@supergraph/runtime/identity.ts'
import { runInTrace } from '@supergraph/runtime/trace-context.ts'
import type { GraphQLError } from 'graphql'
import type { CurrentGraph } from '../current-graph.ts'
import { type FormatError, formatAny, gatewayError } from '../errors.ts'
import { toText } from '../execution/answer.ts'
import type { PreparedOperation } from '../execution/execution.ts'
import { sessionEnded } from '../sessions/session-watch.ts'
import type { SubgraphAnswer } from '../subgraphs/answer.ts'
import type { OperationClient, OperationContext } from '../subgraphs/call.ts'
import { type Backlog, createEventStream, mapEvents } from '../subgraphs/event-stream.ts'
import { type BroadcastEvent, createBroadcasts } from './broadcasts.ts'
import { createDeliveryTurns } from './delivery-turns.ts'
import { createOpenSubscriptions } from './open-subscriptions.ts'
import type { PlannedSubscription, PlanSubscription, SubscriptionRequest } from './plan-subscription.ts'
import { type Cursor, cursorIn } from './position.ts'

/** Who subscribes: the viewer at each moment, and the room for what waits for the client. */
export type Subscriber = OperationClient & {
  readonly currentViewer: () => Viewer | undefined
  readonly backlog: Backlog
}

/** An event as a client gets it: the JSON text of its answer, and where the subscription goes on after it, if that is known. */
export type Delivery = { readonly text: string; readonly cursor: Cursor | undefined }

/** Prepares a subscription to be started. */
export type PrepareSubscription = ReturnType<typeof createPrepareSubscription>

type Beginning = {
  readonly first: PlannedSubscription
  readonly plannedWith: PlanSubscription
  readonly firstViewer: Viewer
  readonly after: Cursor | undefined
}

const maxQueuedEvents = 1_000
const noSuchEvent =
  'This subscription has no event with the id in Last-Event-ID: leave the header out, and read the state again.'

/**
 * Runs subscriptions: the events come from one subgraph, and the other subgraphs complete each event. Open subscriptions
 * follow the graph: they go on with the plan of the next one, or end with SCHEMA_CHANGED.
 */
export const createPrepareSubscription = ({
  current,
  format,
}: {
  readonly current: Pick<CurrentGraph<{ readonly planSubscription: PlanSubscription }>, 'now' | 'follow'>
  readonly format: FormatError
}) => {
  const broadcasts = createBroadcasts<string>()
  const openSubscription = createOpenSubscriptions(current)
  const turnOf = createDeliveryTurns()

  const complete = (
    { execute }: PreparedOperation,
    event: SubgraphAnswer,
    context: OperationContext,
  ): Promise<string> =>
    runInTrace(undefined, async () => {
      try {
        return toText(await execute(context, event), format)
      } catch (error) {
        return JSON.stringify({ data: null, errors: [formatAny(format, error)] })
      }
    })

  const start = (
    request: SubscriptionRequest,
    { first, plannedWith, firstViewer, after }: Beginning,
    { currentViewer, backlog, ...client }: Subscriber,
  ): AsyncIterableIterator<Delivery, undefined> => {
    const { key, upstream, eventOperation: operation, prepared } = first
    let leave = (): void => undefined
    const whenGone = { handleEvent: () => leave() }
    const { events, push, fail, end } = createEventStream<BroadcastEvent<string>>({
      maxQueued: maxQueuedEvents,
      backlog,
      tooSlow,
      onClose: () => {
        client.gone?.removeEventListener('abort', whenGone)
        leave()
      },
    })
    const subscription = openSubscription(first, plannedWith, {
      plan: planSubscription => planSubscription(request, firstViewer, client),
      end: fail,
    })
    const leaveBroadcast = broadcasts.join(
      { key, upstream, operation, values: prepared.values, after },
      firstViewer,
      {
        viewer: currentViewer,
        push: event => push(event, event.bytes),
        end: error => (error === undefined ? end() : fail(error)),
      },
    )
    leave = () => {
      leaveBroadcast()
      subscription.leave()
    }
    client.gone?.addEventListener('abort', whenGone)

    /** Completes an event for the viewer at that moment; throws the error with which the subscription ends. */
    const deliver = async ({ answer, cursor, ...event }: BroadcastEvent<string>): Promise<Delivery> => {
      const viewer = currentViewer()
      if (viewer === undefined) throw sessionEnded()
      const planned = await subscription.planned()
      const isTheSame = viewerKey(viewer) === viewerKey(firstViewer)
      const permitted = isTheSame ? planned.prepared : await planned.preparedFor(viewer)
      const text =
        isTheSame && planned.key === key
          ? await event.completeOnce(shared => complete(permitted, answer, { ...client, viewer, ...shared }))
          : await complete(permitted, answer, { ...client, viewer })
      await turnOf()
      if (currentViewer() === undefined) throw sessionEnded()
      return { text, cursor }
    }
    return mapEvents(events, event =>
      deliver(event).catch(async (error: unknown) => {
        await events.return?.()
        throw error
      }),
    )
  }

  /**
   * Gives what starts the subscription, or the errors for which it can't be started. Each event is completed for who
   * `currentViewer` then is, who gets no more than the one who subscribed; undefined is a session that is over, and so is
   * the subscription, with UNAUTHENTICATED. What waits for the client counts against `backlog`.
   */
  return async (
    request: SubscriptionRequest,
    subscriber: Subscriber,
  ): Promise<(() => AsyncIterableIterator<Delivery, undefined>) | readonly GraphQLError[]> => {
    const { currentViewer, backlog: _, ...client } = subscriber
    const firstViewer = currentViewer()
    if (firstViewer === undefined) return [sessionEnded()]
    const { planSubscription: plannedWith } = current.now()
    const first = await plannedWith(request, firstViewer, client)
    if (!('prepared' in first)) return first
    const { lastEventId } = request
    const { resumable } = first.eventOperation
    const after = lastEventId ? cursorIn(lastEventId, resumable?.argumentType) : undefined
    if (lastEventId && after === undefined) return [gatewayError('BAD_REQUEST', noSuchEvent)]
    return () => start(request, { first, plannedWith, firstViewer, after }, subscriber)
  }
}

const tooSlow = () =>
  gatewayError(
    'SLOW_CONSUMER',
    'Events came faster than they were read: subscribe again from the last cursor that you received.',
  )
