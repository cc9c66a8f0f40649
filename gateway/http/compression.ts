import type { IncomingMessage, ServerResponse } from 'node:http'
import { promisify } from 'node:util'
import { brotliCompress, constants, gzip } from 'node:zlib'
import Negotiator from 'negotiator'

/** How a body can be compressed. */
export type Encoding = 'br' | 'gzip'

/** Answers below this size fit into one packet as they are. */
const minBytes = 1_024
const preferred: readonly Encoding[] = ['br', 'gzip']
const asBrotli = promisify(brotliCompress)
const asGzip = promisify(gzip)

/** Compresses off the event loop; brotli at the level that costs no more time than gzip's default. */
export const compress = (body: Buffer, encoding: Encoding): Promise<Buffer> =>
  encoding === 'gzip'
    ? asGzip(body)
    : asBrotli(body, {
        params: {
          [constants.BROTLI_PARAM_QUALITY]: 4,
          [constants.BROTLI_PARAM_SIZE_HINT]: body.length,
        },
      })

/** The encoding that a client wants most of those that we have; undefined if it wants the body as it is. */
export const encodingFor = (request: IncomingMessage): Encoding | undefined => {
  const wanted = new Negotiator(request).encoding([...preferred, 'identity'], { preferred })
  return preferred.find(encoding => encoding === wanted)
}

/**
 * Sends the body of an answer, compressed if the client accepts it and the body is large enough. An answer may hold
 * tokens beside a text of the client's: nobody else can have it sent again and again to guess them by its length
 * (BREACH), since only who holds the access token gets an answer.
 */
export const sendCompressed = async (
  request: IncomingMessage,
  response: ServerResponse,
  text: string,
): Promise<void> => {
  response.appendHeader('vary', 'Accept-Encoding')
  const encoding = text.length < minBytes ? undefined : encodingFor(request)
  const plain = Buffer.from(text)
  const body = encoding === undefined ? plain : await compress(plain, encoding)
  if (encoding !== undefined) response.setHeader('content-encoding', encoding)
  // n.b. Node would leave it out of the answer to a HEAD
  response.setHeader('content-length', body.length)
  response.end(body)
}
