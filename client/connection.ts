import { closeCodeOf, subscriptionFailed } from './shop-error.ts'
import type { Socket, SocketSink } from './socket.ts'

const failuresBeforeEvents = 2
const abnormalClosure = 1006

/**
 * Takes the socket, or the event source where no socket has ever opened: after two failures to open one, every other attempt
 * is by events, and all are once one of these has opened.
 */
export const createConnection = (socket: Socket, events: Socket): Socket => {
  let hasSocketOpened = false
  let haveEventsOpened = false
  let failures = 0

  const takesEvents = (): boolean =>
    !hasSocketOpened && (haveEventsOpened || (failures >= failuresBeforeEvents && failures % 2 === 0))

  return {
    subscribe: <Data>(operation: Parameters<Socket['subscribe']>[0], sink: SocketSink<Data>) => {
      const byEvents = takesEvents()
      let isOpen = false
      return (byEvents ? events : socket).subscribe<Data>(operation, {
        ...sink,
        open: () => {
          isOpen = true
          if (byEvents) haveEventsOpened = true
          else hasSocketOpened = true
          sink.open()
        },
        error: reason => {
          if (!isOpen && isOfNetwork(reason)) failures += 1
          sink.error(reason)
        },
      })
    },
    close: async () => {
      await Promise.all([socket.close(), events.close()])
    },
  }
}

/** n.b. a gateway that refuses a socket does so with a code, once the socket is open. */
const isOfNetwork = (reason: unknown): boolean =>
  subscriptionFailed(reason).code === 'DISCONNECTED' &&
  [undefined, abnormalClosure].includes(closeCodeOf(reason))
