import type { Durations } from '@supergraph/metrics/seconds.ts'
import { isSameViewer, type Viewer } from '@supergraph/runtime/identity.ts'
import type { RunningOperation } from '@supergraph/runtime/socket-protocol.ts'
import { beginSpan, currentTraceparent, runInSpan } from '@supergraph/runtime/trace-context.ts'
import type { GraphQLError, GraphQLFormattedError } from 'graphql'
import { type FormatError, formatAny, gatewayError, isSlowConsumer } from '../errors.ts'
import { toText } from '../execution/answer.ts'
import type { Live, SubscriptionCounts } from '../live.ts'
import { sessionEnded } from '../sessions/session-watch.ts'
import type { OperationClient, OperationContext } from '../subgraphs/call.ts'
import { Departure } from '../subgraphs/departure.ts'
import type { Backlog } from './backlog.ts'
import type { BroadcastEvent, createBroadcasts, Listener, Member } from './broadcasts.ts'
import { type Delivery, deliver, startFrame } from './delivery.ts'
import type { DeliveryTurn } from './delivery-turns.ts'
import { EventQueue, type Taker } from './event-queue.ts'
import type { createOpenSubscriptions, Followed, OpenSubscription } from './open-subscriptions.ts'
import type { PlannedSubscription, PlanSubscription, SubscriptionRequest } from './plan-subscription.ts'
import type { Cursor } from './position.ts'

/** Gives the viewer for whom an operation runs, at each moment; undefined once the viewer's session is over. */
export type CurrentViewer = { readonly viewer: () => Viewer | undefined }

/** Who subscribes: in which session, and the room for what waits for the client. */
export type Subscriber = OperationClient & {
  readonly session: CurrentViewer
  readonly backlog: Backlog
}

/** Who gets the answers of an operation. */
export type Recipient = {
  /** Takes the JSON text of an answer, and where the operation goes on after it, if that is known; the next one comes once it resolves. */
  readonly next: (text: string, cursor?: Cursor) => Promise<void>
  /** Called once, after the last answer, unless the operation is stopped; with errors if it was refused or has failed. */
  readonly end: (errors?: readonly GraphQLFormattedError[]) => void
}

/** What all subscriptions share. */
export type SharedParts = {
  readonly broadcasts: ReturnType<typeof createBroadcasts<Delivery>>
  readonly openSubscription: ReturnType<typeof createOpenSubscriptions>
  readonly turnOf: DeliveryTurn
  readonly countsOf: Live['countsOf']
  readonly agesOf: Live['agesOf']
  readonly format: FormatError
}

/** What a subscription begins with. */
export type Beginning = {
  readonly request: SubscriptionRequest
  readonly first: PlannedSubscription
  readonly plannedWith: PlanSubscription
  readonly firstViewer: Viewer
  readonly after: Cursor | undefined
}

/**
 * A subscription of a client.
 * n.b. a class that keeps little, since tens of thousands of them wait: measured, closures took three times as much memory.
 */
export class Subscription
  implements RunningOperation, Listener<Delivery>, Followed, Taker<BroadcastEvent<Delivery>>
{
  readonly #session: CurrentViewer
  readonly #parts: SharedParts
  readonly #clientAddress: string | undefined
  readonly #recipient: Recipient
  readonly #request: SubscriptionRequest
  readonly #firstViewer: Viewer
  readonly #queue: EventQueue<BroadcastEvent<Delivery>>
  readonly #open: OpenSubscription
  readonly #span: string | undefined = currentTraceparent()
  readonly #counts: SubscriptionCounts
  readonly #ages: Durations
  readonly #beganAtMs = Date.now()
  #member: Member<Delivery> | undefined = undefined
  /** Of an event that is completed for this client alone. */
  #completing: Departure | undefined = undefined

  constructor(
    parts: SharedParts,
    { request, first, plannedWith, firstViewer, after }: Beginning,
    { session, backlog, clientAddress }: Subscriber,
    recipient: Recipient,
  ) {
    this.#session = session
    this.#parts = parts
    this.#clientAddress = clientAddress
    this.#recipient = recipient
    this.#request = request
    this.#firstViewer = firstViewer
    this.#counts = parts.countsOf(first.operationName)
    this.#ages = parts.agesOf(first.operationName, first.eventOperation.serviceName)
    this.#queue = new EventQueue(this, backlog)
    this.#open = parts.openSubscription(first, plannedWith, this)
    const { key, upstream, eventOperation: operation, prepared } = first
    const subject = { key, upstream, operation, values: prepared.values, after }
    this.#member = parts.broadcasts.join(subject, firstViewer, this)
    // n.b. what a broadcast has told before may be too much already
    if (this.#queue.isClosed) this.#member.leave()
    this.#counts.open += 1
  }

  viewer(): Viewer | undefined {
    return this.#session.viewer()
  }

  push(event: BroadcastEvent<Delivery>): void {
    this.#queue.push(event, limits)
  }

  end(error?: Error): void {
    this.#queue.end(error)
  }

  stop(): void {
    this.#queue.drop()
    this.#completing?.leave()
  }

  plan(planSubscription: PlanSubscription): Promise<PlannedSubscription | readonly GraphQLError[]> {
    return planSubscription(this.#request, this.#firstViewer, { clientAddress: this.#clientAddress })
  }

  closed(): void {
    this.#counts.open -= 1
    this.#member?.leave()
    this.#open.leave()
  }

  ended(error: unknown): void {
    if (error === undefined) return void this.#recipient.end()
    if (isSlowConsumer(error)) this.#counts.slow += 1
    const { format } = this.#parts
    runInSpan(this.#span ?? beginSpan(undefined), () => this.#recipient.end([formatAny(format, error)]))
  }

  /** Completes an event for the viewer at that moment and delivers it; throws the error with which the subscription ends. */
  async take(event: BroadcastEvent<Delivery>): Promise<void> {
    const viewer = this.viewer()
    if (viewer === undefined) throw sessionEnded()
    const planned = await this.#open.planned()
    const isTheSame = isSameViewer(viewer, this.#firstViewer)
    const clientAddress = this.#clientAddress
    const delivery = isTheSame
      ? await event.completeOnce(planned.key, shared =>
          this.#complete(planned, planned.prepared, event, { clientAddress, viewer, ...shared }),
        )
      : await this.#completeAlone(planned, event, { viewer, isTheSame })
    const frame = startFrame(delivery)
    const turn = this.#parts.turnOf()
    if (turn !== undefined) await turn
    if (this.#queue.isOver) return
    if (this.viewer() === undefined) throw sessionEnded()
    if (turn !== undefined) frame?.addEnded({ name: 'wait for turn' }, frame.startedAtMs)
    this.#counts.sent += 1
    this.#measureAge(event)
    await this.#recipient.next(delivery.text, event.cursor)
    frame?.end()
  }

  /** n.b. what happened before the client subscribed, such as what it resumes with, is late by its own choice. */
  #measureAge({ occurredAtMs }: BroadcastEvent<Delivery>): void {
    if (occurredAtMs === undefined || occurredAtMs < this.#beganAtMs) return
    // n.b. the clock of another machine may be ahead
    this.#ages.observe(Math.max(0, Date.now() - occurredAtMs) / 1_000)
  }

  async #completeAlone(
    planned: PlannedSubscription,
    event: BroadcastEvent<Delivery>,
    { viewer, isTheSame }: { readonly viewer: Viewer; readonly isTheSame: boolean },
  ): Promise<Delivery> {
    this.#completing = new Departure()
    const client = { clientAddress: this.#clientAddress, gone: this.#completing }
    try {
      const permitted = isTheSame ? planned.prepared : await planned.preparedFor(viewer, client)
      return await this.#complete(planned, permitted, event, { ...client, viewer })
    } finally {
      this.#completing = undefined
    }
  }

  #complete(
    planned: PlannedSubscription,
    prepared: PlannedSubscription['prepared'],
    event: BroadcastEvent<Delivery>,
    context: OperationContext,
  ): Promise<Delivery> {
    const { format } = this.#parts
    const { operationName } = planned
    return deliver(event, { operationName, viewer: context.viewer }, async span => {
      try {
        const answer = await planned.complete(prepared, context, event.answer)
        return { text: toText(answer, format), span, framesTold: 0 }
      } catch (error) {
        const text = JSON.stringify({ data: null, errors: [formatAny(format, error)] })
        return { text, span, framesTold: 0 }
      }
    })
  }
}

const tooSlow = () =>
  gatewayError(
    'SLOW_CONSUMER',
    'Events came faster than they were read: subscribe again from the last cursor that you received.',
  )

const limits = { maxQueued: 1_000, tooSlow }
