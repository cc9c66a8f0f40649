import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { createHostRule, isLoopback } from '@supergraph/runtime/hosts.ts'
import type { RequestTarget } from '@supergraph/runtime/request-target.ts'
import { developer, keyHolder, type Visitor } from '../visitor.ts'
import type { Visitors } from './visitors.ts'

/** Why a request is not answered; 401 if that may change once somebody signs in. */
export type Refused = { readonly status: 401 | 403 | 421; readonly message: string }

/** Says who sends a request, or why it is refused. */
export type Access = {
  /** Why nobody's request of this kind is answered; undefined if it may be. */
  readonly refusal: (request: IncomingMessage, target: RequestTarget) => Refused | undefined
  readonly visitor: (request: IncomingMessage) => Promise<Visitor | Refused>
  readonly isKey: (given: string) => boolean
}

/**
 * In development, lets whoever is on this machine see and do everything, also without signing in. Everyone else signs in with an account of the shop's
 * staff, or shows the key, which lets read alone. A page of another site can't act in a browser's name, and a name that was
 * pointed at this machine is not answered to.
 */
export const createAccess = ({
  listensOn,
  allowedHosts,
  key,
  isDevelopment,
  visitors,
}: {
  readonly listensOn: string
  readonly allowedHosts: readonly string[]
  readonly key: string | undefined
  readonly isDevelopment: boolean
  readonly visitors: Pick<Visitors, 'find'>
}): Access => {
  const hostRule = createHostRule(listensOn, allowedHosts)
  const isKey = (given: string): boolean => key !== undefined && isSame(given, key)
  return {
    isKey,
    refusal: (request, target) => {
      const wrongHost = hostRule(target)
      if (wrongHost !== undefined) return { status: 421, message: wrongHost }
      return isForged(request)
        ? { status: 403, message: 'A page of another site can not act here.' }
        : undefined
    },
    visitor: async request => {
      const secret = secretIn(request)
      const visitor = secret === undefined ? undefined : await visitors.find(secret)
      if (visitor !== undefined) return visitor
      // n.b. on a socket for both families an address of IPv4 is written as one of IPv6
      const address = request.socket.remoteAddress?.replace(/^::ffff:/, '') ?? ''
      if (isDevelopment && isLoopback(address)) return developer
      const shown = passwordIn(request)
      if (shown !== undefined && isKey(shown)) return keyHolder
      return { status: 401, message: 'Sign in with an account of the shop’s staff.' }
    },
  }
}

const cookieName = 'supergraph_console'

/** What a browser keeps of a visitor; n.b. no other site's request carries it. */
export const cookieOf = (secret: string, isSecure: boolean): string =>
  `${cookieName}=${encodeURIComponent(secret)}; Path=/; HttpOnly; SameSite=Strict${isSecure ? '; Secure' : ''}${secret === '' ? '; Max-Age=0' : ''}`

/** The secret in a request's cookie. */
export const secretIn = ({ headers }: IncomingMessage): string | undefined => {
  const [, encoded] = new RegExp(`(?:^|;\\s*)${cookieName}=([^;]+)`).exec(headers.cookie ?? '') ?? []
  try {
    return encoded === undefined ? undefined : decodeURIComponent(encoded)
  } catch {
    return undefined
  }
}

const isForged = ({ method, headers }: IncomingMessage): boolean =>
  method !== 'GET' &&
  method !== 'HEAD' &&
  headers.origin !== undefined &&
  hostOf(headers.origin) !== headers.host

const hostOf = (origin: string): string | undefined =>
  URL.canParse(origin) ? new URL(origin).host : undefined

const passwordIn = ({ headers }: IncomingMessage): string | undefined => {
  const [, encoded] = /^basic\s+(\S+)$/i.exec(headers.authorization ?? '') ?? []
  return (
    encoded &&
    Buffer.from(encoded, 'base64')
      .toString()
      .replace(/^[^:]*:/, '')
  )
}

const isSame = (given: string, key: string): boolean => timingSafeEqual(digest(given), digest(key))

const digest = (text: string): Buffer => createHash('sha256').update(text).digest()
