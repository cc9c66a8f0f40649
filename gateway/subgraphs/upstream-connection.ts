import { type Client, createClient } from 'graphql-ws'
import { WebSocket } from 'ws'

/** One connection to a subgraph for subscriptions. */
export type UpstreamConnection = Pick<Client, 'subscribe'> & { readonly close: () => void }

const pingEveryMs = 10_000
const pongWithinMs = 5_000

/**
 * Connects to the subscriptions of a subgraph. `onConnected` is called when the subgraph has accepted, `onDropped` at
 * the end, or if it never accepts.
 * n.b. a client lives as long as its one connection. It is not lazy, so that it never closes while another subscription
 * is about to start. It does not retry, so that it never starts a subscription a second time unnoticed.
 */
export const connectUpstream = (
  url: string,
  timeoutMs: number,
  { onConnected, onDropped }: { readonly onConnected: () => void; readonly onDropped: () => void },
): UpstreamConnection => {
  let pong: NodeJS.Timeout | undefined
  const dropped = () => {
    clearTimeout(pong)
    onDropped()
  }
  const client = createClient({
    url: url.replace(/^http/, 'ws'),
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
      connected: onConnected,
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
  return {
    subscribe: client.subscribe,
    // n.b. closing waits for a connection that is still being opened, and throws if it never opens
    close: () => void Promise.resolve(client.dispose()).catch(() => undefined),
  }
}
