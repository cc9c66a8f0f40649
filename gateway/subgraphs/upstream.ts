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

/** A subscription, and on which connection it runs; on none while it waits for the next one. */
type Entry = {
  readonly subscription: UpstreamSubscription
  connection: Connection | undefined
  /** Under which it runs on its connection. */
  id: string | undefined
  /** Whether a subgraph has accepted a connection for it. */
  isBegun: boolean
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

  const end = (entry: Entry, error?: Error): void => {
    if (!entries.delete(entry)) return
    leave(entry)
    entry.subscription.end(error)
  }

  const leave = ({ connection, id }: Entry): void => {
    if (id !== undefined) connection?.unsubscribe(id)
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
    /** Starts a subscription; the returned function ends it. n.b. it never ends before that function is returned. */
    subscribe: (subscription: UpstreamSubscription): (() => void) => {
      const entry: Entry = { subscription, connection: undefined, id: undefined, isBegun: false }
      entries.add(entry)
      queueMicrotask(() => void begin(entry, subscription.first))
      return () => {
        if (!entries.delete(entry)) return
        leave(entry)
        if (entries.size === 0) retries.succeeded()
      }
    },
    stop: async (): Promise<void> => {
      hasStopped = true
      retries.stop()
      for (const entry of entries) end(entry, unavailable())
      current?.close()
    },
  }
}
