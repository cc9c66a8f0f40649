import { type Viewer, viewerKey } from '@supergraph/runtime/identity.ts'
import type { SubgraphAnswer } from '../subgraphs/answer.ts'
import type { Upstream } from '../subgraphs/upstream.ts'
import type { EventOperation } from './event-operation.ts'
import { type Cursor, createPosition, type Position, type PositionedEvent } from './position.ts'
import { createStates, type States } from './states.ts'

/** An event that goes to all listeners of a broadcast. */
export type BroadcastEvent<Completed> = PositionedEvent & {
  readonly bytes: number
  /** Gives all listeners what the first of them makes of the event. */
  readonly completeOnce: (complete: (shared: SharedWork) => Promise<Completed>) => Promise<Completed>
}

/** Work for all listeners: `gone` aborts when none of them is left. */
type SharedWork = { readonly gone: AbortSignal; readonly isShared: boolean }

/** Who hears a broadcast: the viewer at each moment, and what takes the events. */
export type Listener<Completed> = {
  readonly viewer: () => Viewer | undefined
  readonly push: (event: BroadcastEvent<Completed>) => void
  /** Called once, after the last event, unless the listener leaves. */
  readonly end: (error?: Error) => void
}

/** One subscription to a subgraph. */
type Broadcast<Completed> = {
  readonly position: Position
  readonly members: Set<Member<Completed>>
  readonly gone: AbortController
  /** What it has told, if its events are states. */
  readonly states: States | undefined
  hasBegun: boolean
  /** Which broadcast its listeners have been taken over by, if any. */
  mergedInto: Broadcast<Completed> | undefined
  stop: () => void
}

type Member<Completed> = { readonly listener: Listener<Completed>; broadcast: Broadcast<Completed> }

/** The broadcasts of one key by the cursors that they have reached, and the one that has had no event and has no cursor. */
type Log<Completed> = Map<Cursor | undefined, Broadcast<Completed>>

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
 * events are states, it gets the newest state of each thing, completed anew, and shares what follows. Otherwise it begins a broadcast of its own; two broadcasts become one as soon as the one reaches the cursor of the
 * other, since exactly the same events follow.
 */
export const createBroadcasts = <Completed>() => {
  const logs = new Map<string, Log<Completed>>()

  const forget = (key: string, cursor: Cursor | undefined, broadcast: Broadcast<Completed>): void => {
    const log = logs.get(key)
    if (log?.get(cursor) !== broadcast) return
    log.delete(cursor)
    if (log.size === 0) logs.delete(key)
  }
  const note = (key: string, cursor: Cursor | undefined, broadcast: Broadcast<Completed>): void => {
    const log = logs.get(key) ?? new Map()
    logs.set(key, log.set(cursor, broadcast))
  }
  /** n.b. one that has not begun may yet be refused, so the other one goes on. */
  const merge = (
    key: string,
    cursor: Cursor,
    one: Broadcast<Completed>,
    other: Broadcast<Completed>,
  ): void => {
    const [kept, given] = other.hasBegun ? [other, one] : [one, other]
    for (const member of given.members) {
      member.broadcast = kept
      kept.members.add(member)
    }
    given.members.clear()
    given.mergedInto = kept
    given.stop()
    note(key, cursor, kept)
  }

  const hear = (key: string, broadcast: Broadcast<Completed>, answer: SubgraphAnswer): void => {
    const { position, members, states } = broadcast
    const before = position.cursor()
    const heard = position.accept(answer)
    if (states?.take(heard) === false) return
    if (states?.all() === undefined) forget(key, before, broadcast)
    const event = share(heard, broadcast)
    broadcast.hasBegun = true
    for (const { listener } of members) listener.push(event)
    if (event.cursor === undefined || members.size === 0) return
    const other = logs.get(key)?.get(event.cursor)
    if (other === undefined) note(key, event.cursor, broadcast)
    else merge(key, event.cursor, broadcast, other)
  }

  const start = (
    { key, upstream, operation, values, after }: Subject,
    viewer: Viewer,
    listener: Listener<Completed>,
  ): Member<Completed> => {
    const position = createPosition(operation, values, after)
    const members = new Set<Member<Completed>>()
    const gone = new AbortController()
    const states = operation.stateKey && createStates()
    const broadcast: Broadcast<Completed> = {
      position,
      members,
      gone,
      states,
      hasBegun: false,
      mergedInto: undefined,
      stop: () => undefined,
    }
    const member = { listener, broadcast }
    members.add(member)
    note(key, position.cursor(), broadcast)
    broadcast.stop = upstream.subscribe({
      first: position.first,
      resume: () => {
        if (states !== undefined && states.all() === undefined) return undefined
        states?.startAgain()
        return position.resume()
      },
      viewer: () => viewerAmong(members, viewer),
      next: answer => hear(key, broadcast, answer),
      end: error => {
        forget(key, position.cursor(), broadcast)
        const left = [...members]
        members.clear()
        for (const { listener } of left) listener.end(error)
      },
    })
    return member
  }

  const enter = (broadcast: Broadcast<Completed>, listener: Listener<Completed>): Member<Completed> => {
    const { states, members } = broadcast
    for (const state of states?.all() ?? []) listener.push(share(state, broadcast))
    const member = { listener, broadcast }
    members.add(member)
    return member
  }

  return {
    /** Lets a listener hear what follows its cursor, in its first viewer's name; the returned function ends that. */
    join: (subject: Subject, viewer: Viewer, listener: Listener<Completed>): (() => void) => {
      const { operation, values, after } = subject
      const cursor = createPosition(operation, values, after).cursor()
      const known = logs.get(subject.key)?.get(cursor)
      const member = known === undefined ? start(subject, viewer, listener) : enter(known, listener)
      return () => {
        const { broadcast } = member
        if (!broadcast.members.delete(member) || broadcast.members.size > 0) return
        forget(subject.key, broadcast.position.cursor(), broadcast)
        broadcast.stop()
        broadcast.gone.abort(new Error('nobody listens any more'))
      }
    },
  }
}

const share = <Completed>(
  event: PositionedEvent,
  broadcast: Broadcast<Completed>,
): BroadcastEvent<Completed> => {
  let completed: Promise<Completed> | undefined
  const begin = (complete: (shared: SharedWork) => Promise<Completed>): Promise<Completed> => {
    let heardBy = broadcast
    while (heardBy.mergedInto !== undefined) heardBy = heardBy.mergedInto
    return complete({ gone: heardBy.gone.signal, isShared: heardBy.members.size > 1 })
  }
  return {
    ...event,
    bytes: Buffer.byteLength(JSON.stringify(event.answer)),
    completeOnce: complete => {
      completed ??= begin(complete)
      return completed
    },
  }
}

/** The viewer of a member whose session goes on; of one who may still do what all could at first, if there is one. */
const viewerAmong = <Completed>(
  members: ReadonlySet<Member<Completed>>,
  first: Viewer,
): Viewer | undefined => {
  let other: Viewer | undefined
  for (const { listener } of members) {
    const viewer = listener.viewer()
    if (viewer !== undefined && viewerKey(viewer) === viewerKey(first)) return viewer
    other ??= viewer
  }
  return other
}
