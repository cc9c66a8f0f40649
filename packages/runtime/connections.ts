import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { isLeaving } from './leaving.ts'

/** The connections of an HTTP server, and what is being answered on each of them. */
export type Connections = ReturnType<typeof createConnections>

/** Cuts off a client that has not read an answer within `readWithinMs`; looks every `checkEveryMs`. */
export const createConnections = (readWithinMs: number, checkEveryMs: number) => {
  /** For each connection its answers under way, and when the server had written all of them. */
  const open = new Map<Socket, Map<ServerResponse, number | undefined>>()
  let isClosing = false

  // n.b. measured: a listener of its own takes 270 bytes of each connection
  function closed(this: Socket): void {
    open.delete(this)
  }
  const cutOffSlowReaders = (): void => {
    const now = performance.now()
    for (const [socket, answers] of open) {
      for (const [response, writtenAt] of answers) {
        if (!response.writableEnded) continue
        if (writtenAt === undefined) answers.set(response, now)
        else if (now - writtenAt > readWithinMs) socket.destroy()
      }
    }
  }
  const timer = setInterval(cutOffSlowReaders, checkEveryMs).unref()

  return {
    opened: (socket: Socket): void => {
      open.set(socket, new Map())
      socket.on('close', closed)
    },
    answering: (response: ServerResponse, socket: Socket): void => {
      const answers = open.get(socket)
      answers?.set(response, undefined)
      // n.b. a client that is not told sends its next request into a connection that closes
      if (isClosing || isLeaving()) response.shouldKeepAlive = false
      response.on('close', () => {
        answers?.delete(response)
        if (isClosing && answers?.size === 0) socket.destroy()
      })
    },
    /** Whether part of an answer has gone out on the connection, so that no other answer can follow. */
    hasBegunToAnswer: (socket: Socket): boolean =>
      [...(open.get(socket)?.keys() ?? [])].some(({ headersSent }) => headersSent),
    /** Forgets a connection that has a new owner, who closes it. */
    handOver: (socket: Socket): void => {
      open.delete(socket)
      socket.off('close', closed)
    },
    /** Closes idle connections now, and the others as soon as they have their answers. */
    close: (): void => {
      isClosing = true
      for (const [socket, answers] of open) {
        for (const response of answers.keys()) response.shouldKeepAlive = false
        // n.b. a connection that never sent a request is idle here, and not for server.closeIdleConnections()
        if (answers.size === 0) socket.destroy()
      }
    },
    /** Closes all connections now. */
    cutOff: (): void => {
      clearInterval(timer)
      for (const socket of open.keys()) socket.destroy()
    },
  }
}
