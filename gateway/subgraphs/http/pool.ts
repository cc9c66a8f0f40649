import type { Running } from '@supergraph/runtime/lifecycle.ts'
import type { Place } from '@supergraph/runtime/replicas/places.ts'
import { Connection, type RequestSender } from './connection.ts'

/** The connections to one replica of a subgraph. */
export type Pool = Running & {
  /**
   * Sends a request in HTTP/1.1, head and body as one text, on a connection that is free, or on a new one. Returns the
   * connection, which can give the request up.
   */
  readonly send: (request: string, sender: RequestSender) => Pick<Connection, 'giveUp'>
}

const unused = new Error('nobody needs the connection')

/**
 * Keeps connections for requests to come, for as long as the server says that it keeps them. There are as many connections
 * as there are requests under way at a time: it is for the caller to bound these. `stop` waits for requests under way.
 */
export const createPool = (place: Pick<Place, 'url' | 'lookup'>, connectTimeoutMs: () => number): Pool => {
  /** n.b. the one that was used last is taken first, so that those that are too many grow old. */
  const free: Connection[] = []
  const open = new Set<Connection>()
  const stopping = Promise.withResolvers<void>()
  let isStopping = false

  const onFree = (connection: Connection): void => {
    if (isStopping) connection.destroy(unused)
    else free.push(connection)
  }
  const onClose = (connection: Connection): void => {
    open.delete(connection)
    const index = free.indexOf(connection)
    if (index !== -1) free.splice(index, 1)
    if (isStopping && open.size === 0) stopping.resolve()
  }

  const takeFree = (): Connection | undefined => {
    const nowMs = performance.now()
    const [oldest] = free
    if (oldest?.isUsableAt(nowMs) === false) free.shift()?.destroy(unused)
    for (let last = free.pop(); last !== undefined; last = free.pop()) {
      if (last.isUsableAt(nowMs)) return last
      last.destroy(unused)
    }
    return undefined
  }

  const connect = (): Connection => {
    const connection = new Connection(place, connectTimeoutMs(), { onFree, onClose })
    open.add(connection)
    return connection
  }

  return {
    send: (request, sender) => {
      const connection = takeFree() ?? connect()
      connection.send(request, sender)
      return connection
    },
    stop: async () => {
      isStopping = true
      for (const connection of free.splice(0)) connection.destroy(unused)
      if (open.size > 0) await stopping.promise
    },
  }
}
