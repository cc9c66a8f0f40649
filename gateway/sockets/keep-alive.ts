import type { WebSocket } from 'ws'

const everySeconds = 12

/** Pings sockets, and cuts off those that do not answer. */
export type KeepAlive = ReturnType<typeof startKeepAlive>

/**
 * Pings each socket every 12 s, a twelfth of them in each second, and cuts off one that has not answered by the next time.
 * One timer serves all sockets.
 */
export const startKeepAlive = () => {
  const groups = Array.from({ length: everySeconds }, () => new Set<WebSocket>())
  const unanswered = new Set<WebSocket>()
  let added = 0
  let turn = 0

  const ping = (socket: WebSocket): void => {
    if (unanswered.has(socket)) socket.terminate()
    else {
      unanswered.add(socket)
      socket.ping()
    }
  }
  const timer = setInterval(() => {
    turn = (turn + 1) % everySeconds
    for (const socket of groups[turn] ?? []) ping(socket)
  }, 1_000)
  function answered(this: WebSocket): void {
    unanswered.delete(this)
  }
  function closed(this: WebSocket): void {
    unanswered.delete(this)
    for (const group of groups) group.delete(this)
  }

  return {
    /** Keeps a socket alive until it is closed. */
    add: (socket: WebSocket): void => {
      added += 1
      groups[added % everySeconds]?.add(socket)
      socket.on('pong', answered)
      socket.on('close', closed)
    },
    stop: (): void => clearInterval(timer),
  }
}
