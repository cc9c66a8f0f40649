import type { RunningOperation } from '@supergraph/runtime/socket-protocol.ts'
import type { GraphQLError } from 'graphql'
import type { CurrentGraph } from '../current-graph.ts'
import { type FormatError, gatewayError } from '../errors.ts'
import { drawOf } from '../execution/override-choices.ts'
import type { Live } from '../live.ts'
import { sessionEnded } from '../sessions/session-watch.ts'
import { createBroadcasts } from './broadcasts.ts'
import type { Delivery } from './delivery.ts'
import { createDeliveryTurns } from './delivery-turns.ts'
import { createOpenSubscriptions } from './open-subscriptions.ts'
import type { PlanSubscription, SubscriptionRequest } from './plan-subscription.ts'
import { cursorIn } from './position.ts'
import { type Recipient, type Subscriber, Subscription } from './subscription.ts'

/** Prepares a subscription to be started. */
export type PrepareSubscription = ReturnType<typeof createPrepareSubscription>

const noSuchEvent =
  'This subscription has no event with the id in Last-Event-ID: leave the header out, and read the state again.'

/**
 * Runs subscriptions: the events come from one subgraph, and the other subgraphs complete each event. Open subscriptions
 * follow the graph: they go on with the plan of the next one, or end with SCHEMA_CHANGED.
 */
export const createPrepareSubscription = ({
  current,
  live,
  format,
}: {
  readonly current: Pick<CurrentGraph<{ readonly planSubscription: PlanSubscription }>, 'now' | 'follow'>
  readonly live: Pick<Live, 'countsOf' | 'agesOf'>
  readonly format: FormatError
}) => {
  const parts = {
    broadcasts: createBroadcasts<Delivery>(),
    openSubscription: createOpenSubscriptions(current),
    turnOf: createDeliveryTurns(),
    countsOf: live.countsOf,
    agesOf: live.agesOf,
    format,
  }

  /**
   * Gives what starts the subscription, or the errors for which it can't be started. Each event is completed for the viewer
   * of the session at that moment, who gets no more than the one who subscribed; with the session the subscription ends, with
   * UNAUTHENTICATED. What waits for the client counts against `backlog`.
   */
  return async (
    asked: SubscriptionRequest,
    subscriber: Subscriber,
  ): Promise<((recipient: Recipient) => RunningOperation) | readonly GraphQLError[]> => {
    const { session, backlog: _, ...client } = subscriber
    const firstViewer = session.viewer()
    if (firstViewer === undefined) return [sessionEnded()]
    const { query, operationName, variables, lastEventId } = asked
    const request = { query, operationName, variables, lastEventId, draw: drawOf(firstViewer) }
    const { planSubscription: plannedWith } = current.now()
    const first = await plannedWith(request, firstViewer, client)
    if (!('prepared' in first)) return first
    const { resumable } = first.eventOperation
    const after = lastEventId ? cursorIn(lastEventId, resumable?.argumentType) : undefined
    if (lastEventId && after === undefined) return [gatewayError('BAD_REQUEST', noSuchEvent)]
    const beginning = { request, first, plannedWith, firstViewer, after }
    return recipient => new Subscription(parts, beginning, subscriber, recipient)
  }
}
