import type { Place } from '@supergraph/runtime/replicas/places.ts'
import {
  CloseCode,
  GRAPHQL_TRANSPORT_WS_PROTOCOL,
  MessageType,
  parseMessage,
  type SubscribePayload,
} from 'graphql-ws'
import { type RawData, WebSocket } from 'ws'

/** One connection to a subgraph for subscriptions, each of which has a receiver. */
export type UpstreamConnection<Receiver> = {
  /** Starts a subscription, and gives the id under which it can be ended. */
  readonly subscribe: (payload: SubscribePayload, receiver: Receiver) => string
  readonly unsubscribe: (id: string) => void
  readonly close: () => void
}

/** Who is told what comes over a connection; a subscription is over with its `error` or `complete`. */
export type UpstreamHandlers<Receiver> = {
  /** The subgraph has accepted the connection. */
  readonly connected: () => void
  /** Called once: the connection is lost, or was never accepted. */
  readonly dropped: () => void
  readonly next: (receiver: Receiver, payload: unknown) => void
  readonly error: (receiver: Receiver, payload: unknown) => void
  readonly complete: (receiver: Receiver) => void
}

const pingEveryMs = 10_000
const pongWithinMs = 5_000
const ping = JSON.stringify({ type: MessageType.Ping })

/**
 * Connects to the subscriptions of a subgraph, once: who needs another connection makes one.
 * n.b. measured: the client of graphql-ws holds 4 KiB for each subscription, this one an entry in a map.
 */
export const connectUpstream = <Receiver extends object>(
  { url, lookup }: Pick<Place, 'url' | 'lookup'>,
  timeoutMs: number,
  handlers: UpstreamHandlers<Receiver>,
): UpstreamConnection<Receiver> => {
  const receivers = new Map<string, Receiver>()
  /** What waits until the connection is accepted. */
  let unsent: Map<string, string> | undefined = new Map()
  let started = 0
  let isDropped = false
  let timer: NodeJS.Timeout | undefined
  let heardAtMs = 0

  const socket = new WebSocket(url.href.replace(/^http/, 'ws'), GRAPHQL_TRANSPORT_WS_PROTOCOL, {
    lookup,
    handshakeTimeout: timeoutMs,
    perMessageDeflate: false,
  })
  const send = (text: string): void => {
    if (socket.readyState === WebSocket.OPEN) socket.send(text)
  }
  const drop = (): void => {
    if (isDropped) return
    isDropped = true
    clearTimeout(timer)
    receivers.clear()
    handlers.dropped()
  }
  // n.b. a connection without an answer may be lost without either side's knowledge
  const expectAcknowledgement = (): void => {
    timer = setTimeout(() => socket.terminate(), timeoutMs)
  }
  /** n.b. a pong comes late behind many events, and to begin all subscriptions again would make that worse. */
  const expectPong = (): void => {
    clearTimeout(timer)
    const askedAtMs = performance.now()
    timer = setTimeout(() => {
      if (heardAtMs > askedAtMs) expectPong()
      else socket.terminate()
    }, pongWithinMs)
  }
  const pingLater = (): void => {
    clearTimeout(timer)
    timer = setTimeout(() => {
      send(ping)
      expectPong()
    }, pingEveryMs)
  }
  const accepted = (): void => {
    pingLater()
    handlers.connected()
    for (const text of unsent?.values() ?? []) send(text)
    unsent = undefined
  }

  const receive = (text: string): void => {
    const message = parseMessage(text)
    switch (message.type) {
      case MessageType.ConnectionAck:
        return void accepted()
      case MessageType.Ping:
        return void send(JSON.stringify({ type: MessageType.Pong, payload: message.payload }))
      case MessageType.Pong:
        return void pingLater()
      case MessageType.Next: {
        const receiver = receivers.get(message.id)
        if (receiver !== undefined) handlers.next(receiver, message.payload)
        return
      }
      case MessageType.Error:
      case MessageType.Complete: {
        const receiver = receivers.get(message.id)
        if (receiver === undefined || !receivers.delete(message.id)) return
        if (message.type === MessageType.Complete) handlers.complete(receiver)
        else handlers.error(receiver, message.payload)
        return
      }
      default:
        throw new Error(`a subgraph sent a message of the type ${message.type}`)
    }
  }

  socket.on('open', () => {
    send(JSON.stringify({ type: MessageType.ConnectionInit }))
    expectAcknowledgement()
  })
  socket.on('message', (data: RawData) => {
    if (isDropped) return
    heardAtMs = performance.now()
    try {
      receive(String(data))
    } catch {
      socket.close(CloseCode.BadResponse, 'Invalid message received')
      drop()
    }
  })
  // n.b. an error that nobody takes ends the process
  socket.on('error', drop)
  socket.on('close', drop)

  return {
    subscribe: (payload, receiver) => {
      started += 1
      const id = String(started)
      receivers.set(id, receiver)
      const text = JSON.stringify({ id, type: MessageType.Subscribe, payload })
      if (unsent === undefined) send(text)
      else unsent.set(id, text)
      return id
    },
    unsubscribe: id => {
      if (!receivers.delete(id)) return
      if (unsent === undefined) send(JSON.stringify({ id, type: MessageType.Complete }))
      else unsent.delete(id)
    },
    close: () => {
      clearTimeout(timer)
      socket.close(1000, 'Normal Closure')
    },
  }
}
