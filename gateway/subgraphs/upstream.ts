import { type EventOrigin, originIn } from '@supergraph/runtime/event-origin.ts'
import type { Viewer } from '@supergraph/runtime/identity.ts'
import type { SubscribePayload } from 'graphql-ws'
import { printable, serviceError } from '../errors.ts'
import { sessionEnded } from '../sessions/session-watch.ts'
import { parseAnswer, parseErrors, type SubgraphAnswer } from './answer.ts'
import type { CallableSubgraph } from './call.ts'
import { createSubgraphReplicas, type SubgraphReplicas } from './subgraph-replicas.ts'
import { connectUpstream, type UpstreamConnection } from './upstream-connection.ts'
import { createRetries } from './upstream-retries.ts'

/** A subgraph's subscriptions. */
export type Upstream = ReturnType<typeof createUpstream>

/** A subscription to a subgraph that goes on until it is stopped, or has ended by itself. */
export type StartedSubscription = { readonly stop: () => void }

/** A subscription to a subgraph, and who is told of it. */
export type UpstreamSubscription = {
  readonly first: SubscribePayload
  /** What to ask after the connection broke; undefined if events would be lost. */
  readonly resume: () => SubscribePayload | undefined
  /** On whose behalf; undefined once there is nobody whose session goes on. */
  readonly viewer: () => Viewer | undefined
  readonly next: (event: SubgraphAnswer, origin?: EventOrigin) => void
  /** Called once, after the last event, unless the subscriber ends the subscription; without an error if it is complete. */
  readonly end: (error?: Error) => void
}

/**
 * A subscription, and on which connection it runs; on none while it waits for the next one.
 * n.b. a class, since tens of thousands of them wait: measured, a closure that ends one takes 100 bytes.
 */
class Entry implements StartedSubscription {
  readonly subscription: UpstreamSubscription
  connection: Connection | undefined = undefined
  /** Under which it runs on its connection. */
  id: string | undefined = undefined
  /** Whether a subgraph has accepted a connection for it. */
  isBegun = false
  readonly #leave: (entry: Entry) => void

  constructor(subscription: UpstreamSubscription, leave: (entry: Entry) => void) {
    this.subscription = subscription
    this.#leave = leave
  }

  stop(): void {
    this.#leave(this)
  }
}

type Connection = UpstreamConnection<Entry> & {
  readonly replica: ReturnType<UpstreamReplicas['next']>
  isAccepted: boolean
}

type UpstreamReplicas = Pick<SubgraphReplicas, 'next' | 'isUnreachable'>

/**
 * Connects to a subgraph when the first subscription needs it; all subscriptions share the connection. If it breaks,
 * those that can be resumed are, on a new connection, to another replica if there is one, for which the gateway tries
 * `resumeWithinMs`.
 */
export const createUpstream = (
  subgraph: Omit<CallableSubgraph, 'told' | 'load'>,
  {
    replicas = createSubgraphReplicas(subgraph),
    resumeWithinMs = 30_000,
  }: { readonly replicas?: UpstreamReplicas; readonly resumeWithinMs?: number } = {},
) => {
  const { service, url, timeoutMs, signer, changes, logger } = subgraph
  const entries = new Set<Entry>()
  let current: Connection | undefined
  let last: Connection['replica'] | undefined
  const unavailable = () => serviceError(service, 'SERVICE_UNAVAILABLE')

  /** Whether the subscription had not ended. */
  const remove = (entry: Entry): boolean => {
    if (!entries.delete(entry)) return false
    const { connection, id } = entry
    if (id !== undefined) connection?.unsubscribe(id)
    return true
  }

  const end = (entry: Entry, error?: Error): void => {
    if (remove(entry)) entry.subscription.end(error)
  }

  const leave = (entry: Entry): void => {
    if (remove(entry) && entries.size === 0) retries.succeeded()
  }

  const connect = (): Connection => {
    /** n.b. a subscription may have ended, or begun anew on another connection. */
    const tell = (entry: Entry, take: () => void): void => {
      if (entry.connection !== connection || !entries.has(entry)) return
      try {
        take()
      } catch (error) {
        logger.warn({ subgraph: service, err: error }, 'a subgraph sent an event that can not be read')
        end(entry, unavailable())
      }
    }
    // n.b. the replica that closed the last connection is about to stop, or has
    const replica = replicas.next(last)
    last = replica
    const upstream = connectUpstream<Entry>(replica.place, timeoutMs, {
      connected: () => {
        connection.isAccepted = true
        for (const entry of entries) if (entry.connection === connection) entry.isBegun = true
        retries.connected()
        resumeWaiting()
      },
      dropped: () => drop(connection),
      next: (entry, payload) =>
        tell(entry, () => {
          const answer = parseAnswer(service, payload)
          retries.succeeded()
          changes.happened()
          entry.subscription.next(answer, originIn(payload))
        }),
      error: (entry, payload) =>
        tell(entry, () => {
          const [first] = parseErrors(service, payload)
          if (first !== undefined) end(entry, printable(first))
        }),
      complete: entry => tell(entry, () => end(entry)),
    })
    const connection: Connection = { ...upstream, replica, isAccepted: false }
    return connection
  }

  const drop = (connection: Connection): void => {
    if (current === connection) current = undefined
    if (!connection.isAccepted) replicas.isUnreachable(connection.replica)
    connection.close()
    const lost = [...entries].filter(entry => entry.connection === connection)
    if (lost.length === 0) return
    const resumable = lost.filter(
      ({ isBegun, subscription }) => isBegun && subscription.resume() !== undefined,
    )
    const waiting = new Set(resumable.length > 0 && retries.failed() ? resumable : [])
    for (const entry of lost) {
      entry.connection = undefined
      entry.id = undefined
      if (!waiting.has(entry)) end(entry, unavailable())
    }
    const subscriptions = { ended: lost.length - waiting.size, waiting: waiting.size }
    logger.warn({ subgraph: service, subscriptions }, 'a subscription connection broke')
    if (waiting.size > 0) retries.schedule()
  }

  const resumeWaiting = (): void => {
    for (const entry of entries) {
      if (entry.connection !== undefined) continue
      const operation = entry.subscription.resume()
      if (operation === undefined) end(entry, unavailable())
      else void begin(entry, operation)
    }
  }
  let hasStopped = false
  const retries = createRetries({ forMs: resumeWithinMs, retry: resumeWaiting })

  const begin = async (entry: Entry, operation: SubscribePayload): Promise<void> => {
    if (!entries.has(entry)) return
    const viewer = entry.subscription.viewer()
    if (viewer === undefined) return end(entry, sessionEnded())
    if (hasStopped) return end(entry, unavailable())
    current ??= connect()
    const connection = current
    entry.connection = connection
    entry.isBegun ||= connection.isAccepted
    const identity = await Promise.resolve(signer.signOnce(service, viewer)).catch((error: unknown) => {
      logger.error({ subgraph: service, err: error }, 'no identity could be signed')
    })
    if (!entries.has(entry) || entry.connection !== connection) return
    if (identity === undefined) return end(entry, unavailable())
    entry.id = connection.subscribe({ ...operation, extensions: { identity } }, entry)
  }

  return {
    url,
    /** How many subscriptions it has now. */
    count: (): number => entries.size,
    /** Starts a subscription. n.b. it never ends before it is returned. */
    subscribe: (subscription: UpstreamSubscription): StartedSubscription => {
      const entry = new Entry(subscription, leave)
      entries.add(entry)
      queueMicrotask(() => void begin(entry, subscription.first))
      return entry
    },
    stop: async (): Promise<void> => {
      hasStopped = true
      retries.stop()
      for (const entry of entries) end(entry, unavailable())
      current?.close()
    },
  }
}
