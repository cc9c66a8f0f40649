import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { createHostRule, isLoopback } from '@supergraph/runtime/hosts.ts'
import type { RequestTarget } from '@supergraph/runtime/request-target.ts'

/** Why a request is not answered. */
export type Refused = { readonly status: 401 | 403 | 421; readonly message: string }

/** Says why a request is refused, or nothing. */
export type Access = (request: IncomingMessage, target: RequestTarget) => Refused | undefined

/**
 * Lets who is on this machine see the pages, and elsewhere only who shows the key as the password of basic authentication. A
 * page of another site can't act in a browser's name, and a name that was pointed at this machine is not answered to.
 */
export const createAccess = ({
  listensOn,
  allowedHosts,
  key,
}: {
  readonly listensOn: string
  readonly allowedHosts: readonly string[]
  readonly key: string | undefined
}): Access => {
  const hostRule = createHostRule(listensOn, allowedHosts)
  return (request, target) => {
    const wrongHost = hostRule(target)
    if (wrongHost !== undefined) return { status: 421, message: wrongHost }
    if (isForged(request)) return { status: 403, message: 'A page of another site can not act here.' }
    // n.b. on a socket for both families an address of IPv4 is written as one of IPv6
    const address = request.socket.remoteAddress?.replace(/^::ffff:/, '') ?? ''
    if (isLoopback(address)) return undefined
    if (key === undefined) return { status: 403, message: closed }
    return isSame(passwordIn(request), key) ? undefined : { status: 401, message: keyWanted }
  }
}

const closed = 'The console answers on its own machine alone: set CONSOLE_KEY to let browsers elsewhere in.'
const keyWanted = 'Show CONSOLE_KEY as the password; the name does not matter.'

const isForged = ({ method, headers }: IncomingMessage): boolean =>
  method !== 'GET' &&
  method !== 'HEAD' &&
  headers.origin !== undefined &&
  hostOf(headers.origin) !== headers.host

const hostOf = (origin: string): string | undefined =>
  URL.canParse(origin) ? new URL(origin).host : undefined

const passwordIn = ({ headers }: IncomingMessage): string => {
  const [, encoded = ''] = /^basic\s+(\S+)$/i.exec(headers.authorization ?? '') ?? []
  return Buffer.from(encoded, 'base64')
    .toString()
    .replace(/^[^:]*:/, '')
}

const isSame = (given: string, key: string): boolean => timingSafeEqual(digest(given), digest(key))

const digest = (text: string): Buffer => createHash('sha256').update(text).digest()
