import type { IncomingMessage } from 'node:http'

/** What a request asks for. */
export type RequestTarget = {
  /** Begins with a slash; slashes that stand twice or at the end are left out. */
  readonly path: string
  /** The query with its question mark, or nothing. */
  readonly search: string
  /** The host that the client called, with its port; undefined if the request names none. */
  readonly host: string | undefined
}

/** Reads the target of a request; takes whatever a client can send, since `new URL` throws on `//`. */
export const readTarget = ({
  url = '/',
  headers,
}: Pick<IncomingMessage, 'url' | 'headers'>): RequestTarget => {
  if (plainPath.test(url)) return { path: url, search: '', host: headers.host }
  // n.b. a client may send the whole URL, which then stands above the Host header (RFC 9112, 3.2.2)
  const [, authority, rest = url] = /^https?:\/\/([^/?#]*)(.*)$/is.exec(url) ?? []
  const [target = ''] = rest.split('#', 1)
  const queryAt = target.indexOf('?')
  const rawPath = queryAt === -1 ? target : target.slice(0, queryAt)
  return {
    path: `/${rawPath.split('/').filter(Boolean).join('/')}`,
    search: queryAt === -1 ? '' : target.slice(queryAt),
    host: authority ?? headers.host,
  }
}

const plainPath = /^(\/[\w-]+)+$/
