import { WebSocket } from 'ws'

const everySeconds = 12

/**
 * A socket that is pinged.
 * n.b. measured: a listener of its own takes up to 100 bytes of each socket, and a set of those that have yet to answer 40.
 */
export class PingedWebSocket extends WebSocket {
  /** In which of the 12 s. */
  turn = 0
  isAnswered = true
}

/** Pings sockets, and cuts off those that do not answer. */
export type KeepAlive = ReturnType<typeof startKeepAlive>

/**
 * Pings each socket every 12 s, a twelfth of them in each second, and cuts off one that has not answered by the next time.
 * One timer serves all sockets.
 */
export const startKeepAlive = <Socket extends PingedWebSocket>() => {
  const groups = Array.from({ length: everySeconds }, () => new Set<Socket>())
  let added = 0
  let turn = 0

  const ping = (socket: Socket): void => {
    if (!socket.isAnswered) socket.terminate()
    else {
      socket.isAnswered = false
      socket.ping()
    }
  }
  const timer = setInterval(() => {
    turn = (turn + 1) % everySeconds
    for (const socket of groups[turn] ?? []) ping(socket)
  }, 1_000)

  return {
    /** Keeps a socket alive until it is deleted. */
    add: (socket: Socket): void => {
      added += 1
      socket.turn = added % everySeconds
      groups[socket.turn]?.add(socket)
      socket.on('pong', answered)
    },
    /** The socket is closed. */
    delete: (socket: Socket): void => void groups[socket.turn]?.delete(socket),
    /** The sockets that are kept alive now. */
    sockets: (): readonly Socket[] => groups.flatMap(group => [...group]),
    stop: (): void => clearInterval(timer),
  }
}

function answered(this: WebSocket): void {
  if (this instanceof PingedWebSocket) this.isAnswered = true
}
