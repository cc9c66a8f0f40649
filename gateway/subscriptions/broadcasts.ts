import type { EventOrigin } from '@supergraph/runtime/event-origin.ts'
import { FewEntries, FewValues } from '@supergraph/runtime/few.ts'
import { isSameViewer, type Viewer } from '@supergraph/runtime/identity.ts'
import type { SubscribePayload } from 'graphql-ws'
import type { SubgraphAnswer } from '../subgraphs/answer.ts'
import { Departure, type Gone } from '../subgraphs/departure.ts'
import type { StartedSubscription, Upstream, UpstreamSubscription } from '../subgraphs/upstream.ts'
import type { EventOperation } from './event-operation.ts'
import { type Cursor, Position, type PositionedEvent } from './position.ts'
import { States } from './states.ts'

/** An event that goes to all listeners of a broadcast; its origin is left out if it had come before its listener did. */
export type BroadcastEvent<Completed> = PositionedEvent &
  EventOrigin & {
    readonly bytes: number
    /** By `performance.now()`. */
    readonly arrivedAtMs: number
    /** Gives all listeners with one key what the first of them makes of the event. */
    readonly completeOnce: (
      key: string,
      complete: (shared: SharedWork) => Promise<Completed>,
    ) => Promise<Completed>
  }

/** Work for all listeners: `gone` aborts when none of them is left. */
type SharedWork = { readonly gone: Gone; readonly isShared: boolean }

/** Who hears a broadcast: the viewer at each moment, and what takes the events. */
export type Listener<Completed> = {
  readonly viewer: () => Viewer | undefined
  readonly push: (event: BroadcastEvent<Completed>) => void
  /** Called once, after the last event, unless the listener leaves. */
  readonly end: (error?: Error) => void
}

/** What a subscription subscribes to. Subscriptions with equal keys get equal events after equal cursors. */
export type Subject = {
  readonly key: string
  readonly upstream: Upstream
  readonly operation: EventOperation
  readonly values: Readonly<Record<string, unknown>>
  /** Where to begin, if not where the operation itself says. */
  readonly after?: Cursor | undefined
}

/**
 * Lets equal subscriptions share one subscription to their subgraph. Who joins hears what a subscription of its own would
 * bring: it shares a broadcast that has reached the very cursor after which it begins, or one that has had no event yet. If
 * events are states, it gets the newest state of each thing, completed anew, and shares what follows. Otherwise it begins a
 * broadcast of its own; two broadcasts become one as soon as the one reaches the cursor of the other, since exactly the same
 * events follow.
 */
export const createBroadcasts = <Completed>() => {
  const logs: Logs<Completed> = new Map()
  return {
    /** Lets a listener hear what follows its cursor, in its first viewer's name. */
    join: (subject: Subject, viewer: Viewer, listener: Listener<Completed>): Member<Completed> => {
      const { key, operation, values, after } = subject
      const position = new Position(operation, values, after)
      const known = logs.get(key)?.get(position.cursor)
      const broadcast = known ?? new Broadcast(logs, { key, operation, position, viewer })
      const member = broadcast.enter(listener)
      if (known === undefined) broadcast.start(subject.upstream)
      return member
    },
  }
}

/** Who has joined, and which broadcast it hears. */
export class Member<Completed> {
  readonly listener: Listener<Completed>
  broadcast: Broadcast<Completed>

  constructor(listener: Listener<Completed>, broadcast: Broadcast<Completed>) {
    this.listener = listener
    this.broadcast = broadcast
  }

  leave(): void {
    this.broadcast.leave(this)
  }
}

/** The broadcasts of one key by the cursors that they have reached, and the one that has had no event and has no cursor. */
type Logs<Completed> = Map<string, FewEntries<Cursor | undefined, Broadcast<Completed>>>

/**
 * One subscription to a subgraph.
 * n.b. a class, since tens of thousands of them wait: closures would take much more memory.
 */
class Broadcast<Completed> implements UpstreamSubscription {
  readonly #logs: Logs<Completed>
  readonly #key: string
  readonly #viewer: Viewer
  readonly #position: Position
  readonly #members = new FewValues<Member<Completed>>()
  /** What it has told, if its events are states. */
  readonly #states: States | undefined
  #gone: Departure | undefined = undefined
  #completing = 0
  #hasBegun = false
  /** Which broadcast its listeners have been taken over by, if any. */
  #mergedInto: Broadcast<Completed> | undefined = undefined
  #started: StartedSubscription | undefined = undefined

  constructor(
    logs: Logs<Completed>,
    {
      key,
      operation,
      position,
      viewer,
    }: {
      readonly key: string
      readonly operation: EventOperation
      readonly position: Position
      readonly viewer: Viewer
    },
  ) {
    this.#logs = logs
    this.#key = key
    this.#viewer = viewer
    this.#position = position
    this.#states = operation.stateKey && new States()
    this.#note(position.cursor, this)
  }

  start(upstream: Upstream): void {
    this.#started = upstream.subscribe(this)
  }

  enter(listener: Listener<Completed>): Member<Completed> {
    for (const state of this.#states?.all() ?? []) listener.push(this.#share(state))
    const member = new Member(listener, this)
    this.#members.add(member)
    return member
  }

  leave(member: Member<Completed>): void {
    if (!this.#members.delete(member) || this.#members.size > 0) return
    this.#forget(this.#position.cursor)
    this.#started?.stop()
    this.#gone?.leave()
  }

  get first(): SubscribePayload {
    return this.#position.first()
  }

  resume(): SubscribePayload | undefined {
    if (this.#states !== undefined && this.#states.all() === undefined) return undefined
    this.#states?.startAgain()
    return this.#position.resume()
  }

  viewer(): Viewer | undefined {
    return viewerAmong(this.#members, this.#viewer)
  }

  next(answer: SubgraphAnswer, origin?: EventOrigin): void {
    const states = this.#states
    const before = this.#position.cursor
    const heard = this.#position.accept(answer)
    if (states?.take(heard) === false) return
    if (states?.all() === undefined) this.#forget(before)
    const event = this.#share(heard, origin)
    this.#hasBegun = true
    for (const { listener } of this.#members) listener.push(event)
    // n.b. an event without a cursor of its own, such as one that failed, comes after the cursor of the last one: who begins
    // there has yet to hear it
    if (event.cursor === undefined || event.cursor === before || this.#members.size === 0) return
    const other = this.#logs.get(this.#key)?.get(event.cursor)
    if (other === undefined) this.#note(event.cursor, this)
    else this.#merge(event.cursor, other)
  }

  end(error?: Error): void {
    this.#forget(this.#position.cursor)
    const left = [...this.#members]
    this.#members.clear()
    for (const { listener } of left) listener.end(error)
  }

  #forget(cursor: Cursor | undefined): void {
    const log = this.#logs.get(this.#key)
    if (log?.get(cursor) !== this) return
    log.delete(cursor)
    if (log.size === 0) this.#logs.delete(this.#key)
  }

  #note(cursor: Cursor | undefined, broadcast: Broadcast<Completed>): void {
    const log = this.#logs.get(this.#key) ?? new FewEntries()
    log.set(cursor, broadcast)
    this.#logs.set(this.#key, log)
  }

  /** n.b. one that has not begun may yet be refused, so the other one goes on. */
  #merge(cursor: Cursor, other: Broadcast<Completed>): void {
    const [kept, given] = other.#hasBegun ? [other, this] : [this, other]
    for (const member of given.#members) {
      member.broadcast = kept
      kept.#members.add(member)
    }
    given.#members.clear()
    given.#mergedInto = kept
    given.#started?.stop()
    this.#note(cursor, kept)
  }

  #share(event: PositionedEvent, origin?: EventOrigin): BroadcastEvent<Completed> {
    const completed = new Map<string, Promise<Completed>>()
    return {
      ...event,
      ...origin,
      arrivedAtMs: performance.now(),
      bytes: Buffer.byteLength(JSON.stringify(event.answer)),
      completeOnce: (key, complete) => {
        const begun = completed.get(key) ?? this.#complete(complete)
        completed.set(key, begun)
        return begun
      },
    }
  }

  /** n.b. most of the time nothing is completed. */
  async #complete(complete: (shared: SharedWork) => Promise<Completed>): Promise<Completed> {
    let heardBy: Broadcast<Completed> = this
    while (heardBy.#mergedInto !== undefined) heardBy = heardBy.#mergedInto
    heardBy.#gone ??= new Departure()
    heardBy.#completing += 1
    try {
      return await complete({ gone: heardBy.#gone, isShared: heardBy.#members.size > 1 })
    } finally {
      heardBy.#completing -= 1
      if (heardBy.#completing === 0) heardBy.#gone = undefined
    }
  }
}

/** The viewer of a member whose session goes on; of one who may still do what all could at first, if there is one. */
const viewerAmong = <Completed>(members: FewValues<Member<Completed>>, first: Viewer): Viewer | undefined => {
  let other: Viewer | undefined
  for (const { listener } of members) {
    const viewer = listener.viewer()
    if (viewer !== undefined && isSameViewer(viewer, first)) return viewer
    other ??= viewer
  }
  return other
}
