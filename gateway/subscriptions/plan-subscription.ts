import type { Viewer } from '@supergraph/runtime/identity.ts'
import type { GraphQLError } from 'graphql'
import type { Authority } from '../authorization/authority.ts'
import type { ClientOperation } from '../authorization/selections.ts'
import type { Admission } from '../documents/admission.ts'
import { gatewayError } from '../errors.ts'
import type { Execution, PreparedOperation } from '../execution/execution.ts'
import { tellOperation } from '../execution/operation-span.ts'
import type { OperationClient } from '../subgraphs/call.ts'
import type { Upstream } from '../subgraphs/upstream.ts'
import type { LoadedSupergraph } from '../supergraph.ts'
import type { Usage } from '../usage.ts'
import { createEventOperations, type EventOperation } from './event-operation.ts'
import { createSubjectKey } from './subject-key.ts'

/** A subscription as a client wrote it, and the values for its variables. */
export type SubscriptionRequest = Pick<ClientOperation, 'query' | 'operationName'> & {
  readonly variables: Readonly<Record<string, unknown>>
  /** The id of the last event that the client received, if it goes on after that. */
  readonly lastEventId?: string | undefined
  /** What it drew when it began: it follows the shares of labels, and not chance. */
  readonly draw?: number | undefined
}

/** A subscription that can be started on a supergraph. */
export type PlannedSubscription = {
  readonly operationName: string | undefined
  /** For the viewer who subscribed. */
  readonly prepared: PreparedOperation
  readonly eventOperation: EventOperation
  readonly upstream: Upstream
  /** Subscriptions with equal keys get equal answers to equal events, for the same viewer. */
  readonly key: string
  /** What another viewer may have of it, who gets no more than the one who subscribed; throws if that is nothing. */
  readonly preparedFor: (viewer: Viewer, client: OperationClient) => Promise<PreparedOperation>
}

/** Plans subscriptions on one supergraph. */
export type PlanSubscription = ReturnType<typeof createPlanSubscription>

const nothingToSend = 'This subscription selects nothing that a subgraph sends.'

export const createPlanSubscription = ({
  supergraph: { subscriptionMarks, subgraphs },
  admission,
  execution,
  upstreams,
  usage,
}: {
  readonly supergraph: Pick<LoadedSupergraph, 'subscriptionMarks' | 'subgraphs'>
  readonly admission: Pick<Admission, 'operationOf'>
  readonly execution: Execution
  readonly upstreams: ReadonlyMap<string, Upstream>
  /** Counts the events that are being completed. */
  readonly usage: Usage
}) => {
  const eventOperationOf = createEventOperations(subscriptionMarks)
  const told = new Set(
    subgraphs.filter(({ told: { reads } }) => reads.includes('client-address')).map(({ name }) => name),
  )
  const subjectKeyOf = createSubjectKey(service => told.has(service))

  /** What an authority may have of a subscription, or the errors for which it may have nothing. */
  const permit = async (
    { variables, draw, ...operation }: ClientOperation & Pick<SubscriptionRequest, 'variables' | 'draw'>,
    authority: Authority,
    client: OperationClient,
  ): Promise<PreparedOperation | readonly GraphQLError[]> => {
    const prepared = await execution.prepare(operation, variables, { ...client, authority, draw })
    if (prepared.kind === 'prepared') {
      const { execute } = prepared
      return { ...prepared, execute: (context, event) => usage.during(() => execute(context, event)) }
    }
    if (prepared.kind === 'refused') return prepared.errors
    return prepared.errors.map(({ message }) => gatewayError('BAD_USER_INPUT', message))
  }

  /** Plans a subscription for a viewer, or gives the errors for which it can't be started. */
  return async (
    request: SubscriptionRequest,
    viewer: Viewer,
    client: OperationClient,
  ): Promise<PlannedSubscription | readonly GraphQLError[]> => {
    const found = admission.operationOf(request.query, request.operationName)
    if (!('document' in found)) return found
    tellOperation(found, viewer)
    const operation = { ...found, variables: request.variables, draw: request.draw }
    const atMost = execution.authorityOf(viewer)
    const prepared = await permit(operation, atMost, client)
    if (!('kind' in prepared)) return prepared
    if (prepared.plan.events === undefined) return [gatewayError('BAD_REQUEST', nothingToSend)]
    const eventOperation = eventOperationOf(prepared.plan.events)
    const upstream = upstreams.get(eventOperation.serviceName)
    if (upstream === undefined)
      throw new Error(`the plan names a subgraph that is not there: ${eventOperation.serviceName}`)
    return {
      operationName: found.operation.name?.value,
      prepared,
      eventOperation,
      upstream,
      key: subjectKeyOf(operation, prepared, { eventOperation, upstream }, { ...client, viewer }),
      // n.b. it keeps no client: a subscription that waits is to hold as little as it can
      preparedFor: async (other, otherClient) => {
        // n.b. a viewer who may do more by now gets no more: what was not asked of the upstream is in no event
        const permitted = await permit(operation, execution.authorityOf(other).and(atMost), otherClient)
        if (!('kind' in permitted)) throw permitted[0]
        return permitted
      },
    }
  }
}
