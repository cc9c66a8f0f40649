import type { Server } from 'node:http'
import {
  type AddressInfo,
  createServer,
  type ListenOptions,
  type Server as NetServer,
  type Socket,
} from 'node:net'

/** The port is in use, or may not be used; `setting` is what names it. */
export class ListenError extends Error {
  constructor(host: string, port: number, cause: NodeJS.ErrnoException, setting = 'PORT') {
    const what =
      cause.code === 'EADDRINUSE'
        ? `port ${port} on ${host} is taken: stop what listens there, or set ${setting} to another`
        : `can't listen on ${host}:${port} (${cause.code}): set HOST and ${setting} to an address of this machine`
    super(what, { cause })
    this.name = 'ListenError'
  }
}

/** Where an HTTP server listens. */
export type Listening = {
  readonly port: number
  /** Takes no new connections, and resolves when all that there are have ended. */
  readonly stop: () => Promise<void>
}

// n.b. who comes when so many wait to be accepted hears nothing, and tries again after 1, 3 and 7 s; Linux allows 4,096
const backlog = 4_096

/**
 * Lets an HTTP server listen. n.b. in one turn of its loop, Node accepts one connection of each socket that listens: if a turn
 * takes 20 ms, 300 clients who come at once wait for 6 s at one socket, and for half a second at 16 `sockets` of one port.
 * Only on Linux there is more than one. Throws a ListenError.
 */
export const listen = async (
  server: Server,
  {
    host,
    port: wanted,
    portSetting,
    sockets = 1,
  }: {
    readonly host: string
    /** 0 for any that is free. */
    readonly port: number
    readonly portSetting: string | undefined
    readonly sockets?: number | undefined
  },
): Promise<Listening> => {
  const reusePort = sockets > 1 && process.platform === 'linux'
  const begin = (listener: NetServer, port: number, options: ListenOptions): Promise<number> =>
    new Promise((resolve, reject) => {
      const fail = (error: NodeJS.ErrnoException) => reject(new ListenError(host, port, error, portSetting))
      listener.once('error', fail)
      listener.listen({ ...options, port, host, backlog }, () => {
        listener.off('error', fail)
        resolve(portOf(listener.address()))
      })
    })

  // n.b. sockets that share a port would share it with another process that takes it, too
  if (reusePort && wanted !== 0) {
    const alone = createServer()
    await begin(alone, wanted, {})
    await closed(alone)
  }
  const port = await begin(server, wanted, { reusePort })
  const others = reusePort ? Array.from({ length: sockets - 1 }, () => connectionsFor(server)) : []
  await Promise.all(others.map(other => begin(other, port, { reusePort })))
  return { port, stop: async () => void (await Promise.all([server, ...others].map(closed))) }
}

/** Accepts connections for an HTTP server, as it accepts its own. */
const connectionsFor = (server: Server): NetServer =>
  createServer(
    { allowHalfOpen: true, noDelay: true },
    (socket: Socket) => void server.emit('connection', socket),
  )

const closed = (server: NetServer): Promise<void> => new Promise(resolve => server.close(() => resolve()))

const portOf = (address: AddressInfo | string | null): number =>
  typeof address === 'object' && address !== null ? address.port : 0
