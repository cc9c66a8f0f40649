import { createHash } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { compress, type Encoding, encodingFor } from './compression.ts'

/** A file that is the same for everyone; `headers` go with it. */
export type File = {
  readonly type: string
  readonly body: Buffer
  readonly headers: Readonly<Record<string, string>>
}

/** Changes with each byte of a file. */
export const fingerprint = (body: Buffer): string =>
  createHash('sha256').update(body).digest('base64url').slice(0, 22)

/** Gives the function that sends a file; it is compressed once for each encoding, when a client first asks for that one. */
export const createFile = ({ type, body, headers }: File) => {
  const etag = fingerprint(body)
  const compressed = new Map<Encoding, Buffer | Promise<Buffer>>()

  const inEncoding = (encoding: Encoding): Buffer | Promise<Buffer> => {
    const known = compressed.get(encoding) ?? compress(body, encoding)
    compressed.set(encoding, known)
    return known
  }

  return async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const encoding = encodingFor(request)
    // n.b. the same file in another encoding is not the same bytes
    const tag = `"${etag}${encoding === undefined ? '' : `-${encoding}`}"`
    for (const [name, value] of Object.entries({ ...headers, etag: tag })) response.setHeader(name, value)
    response.appendHeader('vary', 'Accept-Encoding')
    if (request.headers['if-none-match']?.includes(tag)) return void response.writeHead(304).end()
    const sent = encoding === undefined ? body : await inEncoding(encoding)
    if (encoding !== undefined) response.setHeader('content-encoding', encoding)
    response.writeHead(200, { 'content-type': type, 'content-length': sent.length }).end(sent)
  }
}
