import type { Viewer } from '@supergraph/runtime/identity.ts'
import type { GraphQLError } from 'graphql'
import type { Authority } from '../authorization/authority.ts'
import type { ClientOperation } from '../authorization/selections.ts'
import type { Admission } from '../documents/admission.ts'
import { gatewayError } from '../errors.ts'
import type { Answer } from '../execution/answer.ts'
import type { Execution } from '../execution/execution.ts'
import { tellOperation } from '../execution/operation-span.ts'
import type { PreparedOperation } from '../execution/prepared-operation.ts'
import type { SubgraphAnswer } from '../subgraphs/answer.ts'
import type { OperationClient, OperationContext } from '../subgraphs/call.ts'
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

/** What executes the events of a subscription for a viewer. */
type PreparedEvents = Pick<PreparedOperation, 'plan' | 'values' | 'execute'>

/** A subscription that can be started on a supergraph. */
export type PlannedSubscription = {
  readonly operationName: string | undefined
  /** For the viewer who subscribed. */
  readonly prepared: PreparedEvents
  readonly eventOperation: EventOperation
  readonly upstream: Upstream
  /** Subscriptions with equal keys get equal answers to equal events, for the same viewer. */
  readonly key: string
  /** What another viewer may have of it, who gets no more than the one who subscribed; throws if that is nothing. */
  readonly preparedFor: (viewer: Viewer, client: OperationClient) => Promise<PreparedEvents>
  /** Completes an event with what is prepared for its viewer. */
  readonly complete: (
    prepared: PreparedEvents,
    context: OperationContext,
    event: SubgraphAnswer,
  ) => Promise<Answer>
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
    operation: ClientOperation,
    { variables, draw }: SubscriptionRequest,
    authority: Authority,
    client: OperationClient,
  ): Promise<PreparedOperation | readonly GraphQLError[]> => {
    const prepared = await execution.prepare(operation, variables, { ...client, authority, draw })
    if (prepared.kind === 'prepared') return prepared
    if (prepared.kind === 'refused') return prepared.errors
    return prepared.errors.map(({ message }) => gatewayError('BAD_USER_INPUT', message))
  }
  const parts: Parts = { permit, authorityOf: execution.authorityOf, usage }

  /** Plans a subscription for a viewer, or gives the errors for which it can't be started. */
  return async (
    request: SubscriptionRequest,
    viewer: Viewer,
    client: OperationClient,
  ): Promise<PlannedSubscription | readonly GraphQLError[]> => {
    const operation = admission.operationOf(request.query, request.operationName)
    if (!('document' in operation)) return operation
    tellOperation(operation, viewer)
    const atMost = execution.authorityOf(viewer)
    const prepared = await permit(operation, request, atMost, client)
    if (!('kind' in prepared)) return prepared
    if (prepared.plan.events === undefined) return [gatewayError('BAD_REQUEST', nothingToSend)]
    const eventOperation = eventOperationOf(prepared.plan.events)
    const upstream = upstreams.get(eventOperation.serviceName)
    if (upstream === undefined)
      throw new Error(`the plan names a subgraph that is not there: ${eventOperation.serviceName}`)
    const key = subjectKeyOf(operation, prepared, { eventOperation, upstream }, { ...client, viewer })
    return new Planned(parts, { request, prepared, eventOperation, upstream, key, atMost })
  }
}

type Parts = Pick<Execution, 'authorityOf'> & {
  readonly permit: (
    operation: ClientOperation,
    request: SubscriptionRequest,
    authority: Authority,
    client: OperationClient,
  ) => Promise<PreparedOperation | readonly GraphQLError[]>
  readonly usage: Usage
}

/** n.b. a class that keeps no client: a subscription that waits is to hold as little as it can. */
class Planned implements PlannedSubscription {
  readonly #parts: Parts
  readonly #request: SubscriptionRequest
  readonly #atMost: Authority
  readonly prepared: PreparedOperation
  readonly eventOperation: EventOperation
  readonly upstream: Upstream
  readonly key: string

  constructor(
    parts: Parts,
    {
      request,
      atMost,
      prepared,
      eventOperation,
      upstream,
      key,
    }: Pick<Planned, 'prepared' | 'eventOperation' | 'upstream' | 'key'> & {
      readonly request: SubscriptionRequest
      readonly atMost: Authority
    },
  ) {
    this.#parts = parts
    this.#request = request
    this.#atMost = atMost
    this.prepared = prepared
    this.eventOperation = eventOperation
    this.upstream = upstream
    this.key = key
  }

  get operationName(): string | undefined {
    return this.prepared.operation.operation.name?.value
  }

  async preparedFor(viewer: Viewer, client: OperationClient): Promise<PreparedOperation> {
    const { permit, authorityOf } = this.#parts
    // n.b. a viewer who may do more by now gets no more: what was not asked of the upstream is in no event
    const authority = authorityOf(viewer).and(this.#atMost)
    const permitted = await permit(this.prepared.operation, this.#request, authority, client)
    if (!('kind' in permitted)) throw permitted[0]
    return permitted
  }

  complete(prepared: PreparedEvents, context: OperationContext, event: SubgraphAnswer): Promise<Answer> {
    return this.#parts.usage.during(() => prepared.execute(context, event))
  }
}
