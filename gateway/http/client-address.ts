import type { IncomingMessage } from 'node:http'
import { isIP } from 'node:net'

/** The IP address that a request comes from; undefined if its connection is gone. */
export type ClientAddress = (request: IncomingMessage) => string | undefined

/**
 * Takes the address of the connection, or, behind `trustedProxies` proxies of ours that each append to
 * `X-Forwarded-For`, the address that the outermost of them saw. What a client itself writes there is never read.
 */
export const createClientAddress =
  (trustedProxies: number): ClientAddress =>
  ({ headers, socket }) => {
    const peer = addressIn(socket.remoteAddress ?? '')
    if (trustedProxies === 0) return peer
    const forwarded = [headers['x-forwarded-for'] ?? []].flat().join(',').split(',')
    return addressIn(forwarded.at(-trustedProxies) ?? '') ?? peer
  }

// n.b. some proxies write a port behind the address
const addressIn = (text: string): string | undefined => {
  const trimmed = text.trim().replace(/^::ffff:(?=\d+\.)/i, '')
  const bare = trimmed.replace(/^\[([^\]]+)\](:\d+)?$/, '$1').replace(/^(\d+\.\d+\.\d+\.\d+):\d+$/, '$1')
  return isIP(bare) === 0 ? undefined : bare
}
