import type { IncomingMessage, Server } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Running } from '@supergraph/runtime/lifecycle.ts'
import type { WebSocketServer } from 'ws'
import type { ClientAddress } from '../client-address.ts'
import { closeSocket, closings } from './closings.ts'

/**
 * Lets sockets in. Those of a page of another origin and those past `socketsPerAddress` are opened as well, since a
 * browser tells its page the code of a close alone, and closed at once: none of their messages is read.
 */
export const keepDoor = ({
  server,
  sockets,
  mayConnect,
  clientAddress,
  socketsPerAddress,
}: {
  readonly server: Server
  readonly sockets: WebSocketServer
  readonly mayConnect: (request: IncomingMessage) => boolean
  readonly clientAddress: ClientAddress
  readonly socketsPerAddress: number
}): Running => {
  const openBy = new Map<string, number>()

  const count = (address: string, change: number): number => {
    const open = (openBy.get(address) ?? 0) + change
    if (open > 0) openBy.set(address, open)
    else openBy.delete(address)
    return open
  }

  const upgrade = (request: IncomingMessage, connection: Duplex, head: Buffer): void =>
    sockets.handleUpgrade(request, connection, head, socket => {
      const address = clientAddress(request) ?? ''
      const open = count(address, 1)
      socket.once('close', () => count(address, -1))
      const refusal = !mayConnect(request)
        ? closings.originNotAllowed
        : open > socketsPerAddress
          ? closings.tooManySockets
          : undefined
      if (refusal === undefined) {
        sockets.emit('connection', socket, request)
        return
      }
      // n.b. what a refused client sends may be malformed, and an error that nobody takes ends the process
      socket.on('error', () => socket.terminate())
      closeSocket(socket, refusal)
    })

  server.on('upgrade', upgrade)
  return { stop: async () => void server.off('upgrade', upgrade) }
}
