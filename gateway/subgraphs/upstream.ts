import type { Viewer } from '@supergraph/runtime/identity.ts'
import { type Client, createClient, type SubscribePayload } from 'graphql-ws'
import { WebSocket } from 'ws'
import { gatewayError, printable, serviceError } from '../errors.ts'
import { parseAnswer, parseErrors, type SubgraphAnswer } from './answer.ts'
import type { CallableSubgraph } from './call.ts'
import { type Backlog, createEventStream } from './event-stream.ts'

/** A subgraph's subscriptions. */
export type Upstream = ReturnType<typeof createUpstream>

type SubgraphConnection = { readonly client: Client; readonly breaks: Set<() => void> }

const pingEveryMs = 10_000
const pongWithinMs = 5_000
const maxQueuedEvents = 1_000

/** Connects to a subgraph when the first subscription needs it; all subscriptions share the connection. */
export const createUpstream = (subgraph: Omit<CallableSubgraph, 'isToldClientAddress'>) => {
  const { service, url, timeoutMs, signer, logger } = subgraph
  let current: SubgraphConnection | undefined

  const connect = (): SubgraphConnection => {
    const breaks = new Set<() => void>()
    const dropped = () => {
      if (current?.client === client) current = undefined
      if (breaks.size > 0)
        logger.warn({ subgraph: service, subscriptions: breaks.size }, 'a subscription connection broke')
      for (const fail of breaks) fail()
      close(client)
    }
    const client = openClient(url.replace(/^http/, 'ws'), timeoutMs, dropped)
    return { client, breaks }
  }

  return {
    /**
     * Starts a subscription on the viewer's behalf; the events that wait for the consumer count against `backlog`. After
     * the events that came before, the iterator throws: the subgraph's error if the subgraph ends the subscription,
     * SLOW_CONSUMER if too much waits, SERVICE_UNAVAILABLE if the connection breaks. A broken subscription is not resumed:
     * only the client knows what it has received.
     */
    subscribe: async (operation: SubscribePayload, viewer: Viewer, backlog: Backlog) => {
      const identity = await signer.sign(service, viewer)
      current ??= connect()
      const { client, breaks } = current
      const unavailable = () => stream.fail(serviceError(service, 'SERVICE_UNAVAILABLE'))
      const stream = createEventStream<SubgraphAnswer>({
        maxQueued: maxQueuedEvents,
        backlog,
        tooSlow: () =>
          gatewayError(
            'SLOW_CONSUMER',
            'Events came faster than they were read: subscribe again from the last cursor that you received.',
          ),
        onClose: () => {
          breaks.delete(unavailable)
          unsubscribe()
        },
      })
      const orUnavailable = (accept: () => void) => {
        try {
          accept()
        } catch (error) {
          logger.warn({ subgraph: service, err: error }, 'a subgraph sent an event that can not be read')
          unavailable()
        }
      }
      breaks.add(unavailable)
      const unsubscribe = client.subscribe(
        { ...operation, extensions: { identity } },
        {
          next: event => orUnavailable(() => stream.push(parseAnswer(service, event))),
          error: error =>
            orUnavailable(() => {
              const [first] = parseErrors(service, error)
              if (first !== undefined) stream.fail(printable(first))
            }),
          complete: stream.end,
        },
      )
      return stream.events
    },
    stop: async (): Promise<void> => {
      if (current !== undefined) close(current.client)
    },
  }
}

/**
 * n.b. a client lives as long as its one connection. It is not lazy, so that it never closes while another subscription
 * is about to start. It does not retry, so that it never starts a subscription a second time unnoticed.
 */
const openClient = (url: string, timeoutMs: number, onDropped: () => void): Client => {
  let pong: NodeJS.Timeout | undefined
  const dropped = () => {
    clearTimeout(pong)
    onDropped()
  }
  const client = createClient({
    url,
    webSocketImpl: class extends WebSocket {
      constructor(address: string, protocols: string) {
        super(address, protocols, { handshakeTimeout: timeoutMs })
        // n.b. graphql-ws takes its own listener off when it gives a socket up; an error after that would be uncaught
        this.on('error', () => undefined)
      }
    },
    lazy: false,
    onNonLazyError: () => undefined,
    retryAttempts: 0,
    shouldRetry: () => false,
    connectionAckWaitTimeout: timeoutMs,
    keepAlive: pingEveryMs,
    on: {
      ping: received => {
        if (!received) pong = setTimeout(() => client.terminate(), pongWithinMs)
      },
      pong: received => {
        if (received) clearTimeout(pong)
      },
      error: dropped,
      closed: dropped,
    },
  })
  return client
}

// n.b. closing waits for a connection that is still being opened, and throws if it never opens
const close = (client: Client): void => {
  Promise.resolve(client.dispose()).catch(() => undefined)
}
