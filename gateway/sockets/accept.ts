import type { Server as HttpServer, IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import type { HostRule } from '@supergraph/runtime/hosts.ts'
import { refuseConnection } from '@supergraph/runtime/http.ts'
import type { Running } from '@supergraph/runtime/lifecycle.ts'
import { networkOf } from '@supergraph/runtime/network.ts'
import { readTarget } from '@supergraph/runtime/request-target.ts'
import type { Server, WebSocket } from 'ws'
import type { ClientAddress } from '../http/client-address.ts'
import { deviceOf } from '../http/client-device.ts'
import type { Live } from '../live.ts'
import { closeSocket, closings } from './closings.ts'
import { ClientWebSocket, type SocketOrigin } from './connection.ts'

/** Which sockets may connect. */
export type Admission = {
  readonly hostRule: HostRule
  readonly mayConnect: (request: IncomingMessage) => boolean
  readonly clientAddress: ClientAddress
  /** How many sockets one client address may hold open. */
  readonly socketsPerAddress: number
}

/**
 * Calls `open` with each socket at `/graphql` that may connect, and `closed` with every socket once it is closed. A socket
 * of a page of another origin, or past `socketsPerAddress`, is opened and closed at once, since a browser tells its page
 * nothing but the code of a close; none of its messages is read.
 */
export const acceptSockets = (
  server: HttpServer,
  sockets: Server<typeof ClientWebSocket>,
  { hostRule, mayConnect, clientAddress, socketsPerAddress, live }: Admission & { readonly live: Live },
  {
    open,
    closed,
  }: {
    readonly open: (socket: ClientWebSocket, origin: SocketOrigin, connection: Duplex) => void
    readonly closed: (socket: ClientWebSocket) => void
  },
): Running => {
  const openBy = new Map<string, number>()

  const count = (address: string, change: number): number => {
    const open = (openBy.get(address) ?? 0) + change
    if (open > 0) openBy.set(address, open)
    else openBy.delete(address)
    return open
  }

  // n.b. measured: the second listener of an event takes 100 bytes of each socket, so that all that a close does is here
  function over(this: WebSocket, code: number): void {
    live.sockets -= 1
    live.countClose(code)
    if (!(this instanceof ClientWebSocket)) return
    count(this.countedAs, -1)
    closed(this)
  }

  // n.b. what lasts as long as the socket is made apart from what knows the request, or it would hold the request
  const admit = (
    socket: ClientWebSocket,
    connection: Duplex,
    { isAllowed, ...origin }: SocketOrigin & { readonly isAllowed: boolean },
  ): void => {
    // n.b. a client has all addresses of its IPv6 network
    socket.countedAs = networkOf(origin.clientAddress ?? '')
    const openNow = count(socket.countedAs, 1)
    live.sockets += 1
    socket.on('close', over)
    if (isAllowed && openNow <= socketsPerAddress) {
      open(socket, origin, connection)
      return
    }
    // n.b. what a refused client sends may be malformed, and an error that nobody takes ends the process
    socket.on('error', () => socket.terminate())
    closeSocket(socket, isAllowed ? closings.tooManySockets : closings.originNotAllowed)
  }

  const upgrade = (request: IncomingMessage, connection: Duplex, head: Buffer): void => {
    const target = readTarget(request)
    const refusal = hostRule(target)
    // n.b. an error that nobody takes ends the process
    connection.on('error', destroy)
    if (refusal !== undefined) return void refuseConnection(connection, 421, refusal)
    if (target.path !== '/graphql')
      return void refuseConnection(connection, 404, 'WebSockets are at /graphql.')
    sockets.handleUpgrade(request, connection, head, socket => {
      // n.b. ws takes the errors from now on
      connection.off('error', destroy)
      admit(socket, connection, {
        clientAddress: clientAddress(request),
        clientDevice: deviceOf(request.headers['user-agent']),
        isAllowed: mayConnect(request),
      })
    })
  }

  server.on('upgrade', upgrade)
  return { stop: async () => void server.off('upgrade', upgrade) }
}

function destroy(this: Duplex): void {
  this.destroy()
}
