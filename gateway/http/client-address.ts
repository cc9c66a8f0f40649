import type { IncomingMessage } from 'node:http'
import { isIP, type Socket } from 'node:net'

/** The IP address that a request comes from; undefined if its connection is gone. */
export type ClientAddress = (request: IncomingMessage) => string | undefined

/**
 * Takes the address of the connection, or, behind `trustedProxies` proxies of ours that each append to
 * `X-Forwarded-For`, the address that the outermost of them saw. What a client itself writes there is never read.
 */
export const createClientAddress = (trustedProxies: number): ClientAddress => {
  const peers = new WeakMap<Socket, string>()
  const peerOf = (socket: Socket): string | undefined => {
    const known = peers.get(socket)
    if (known !== undefined) return known
    const peer = addressIn(socket.remoteAddress ?? '')
    if (peer !== undefined) peers.set(socket, peer)
    return peer
  }
  return ({ headers, socket }) => {
    if (trustedProxies === 0) return peerOf(socket)
    const forwarded = [headers['x-forwarded-for'] ?? []].flat().join(',').split(',')
    return addressIn(forwarded.at(-trustedProxies) ?? '') ?? peerOf(socket)
  }
}

// n.b. some proxies write a port behind the address
const addressIn = (text: string): string | undefined => {
  const trimmed = text.trim().replace(/^::ffff:(?=\d+\.)/i, '')
  const bare = trimmed.replace(/^\[([^\]]+)\](:\d+)?$/, '$1').replace(/^(\d+\.\d+\.\d+\.\d+):\d+$/, '$1')
  return isIP(bare) === 0 ? undefined : bare
}
