import type { IncomingMessage, ServerResponse } from 'node:http'
import { promisify } from 'node:util'
import { brotliCompress, brotliCompressSync, constants, gzip, gzipSync } from 'node:zlib'
import Negotiator from 'negotiator'
import { remember } from './remember.ts'

/** How a body can be compressed. */
export type Encoding = 'br' | 'gzip'

/** Answers below this size fit into one packet as they are. */
const minBytes = 1_024
/** Up to this size compressing takes less time than waking another thread and being woken by it. */
const maxBytesInPlace = 64 * 1_024
const preferred: readonly Encoding[] = ['br', 'gzip']

const inOtherThread = { br: promisify(brotliCompress), gzip: promisify(gzip) }
const inPlace = { br: brotliCompressSync, gzip: gzipSync }

/**
 * Compresses at levels that are cheap rather than thorough: a page of 50 products with 23 KB takes 0.1 ms of CPU and
 * becomes 7 KB; brotli's level 4 takes 0.3 ms and saves 0.5 KB more. A large body does not hold up the event loop.
 */
export const compress = (body: Buffer, encoding: Encoding): Buffer | Promise<Buffer> => {
  const compressors = body.length > maxBytesInPlace ? inOtherThread : inPlace
  if (encoding === 'gzip') return compressors.gzip(body, { level: 3 })
  const { BROTLI_PARAM_QUALITY: quality, BROTLI_PARAM_SIZE_HINT: sizeHint } = constants
  return compressors.br(body, { params: { [quality]: 1, [sizeHint]: body.length } })
}

const encodingIn = remember((accepted: string): Encoding | undefined => {
  const negotiator = new Negotiator({ headers: { 'accept-encoding': accepted } })
  const wanted = negotiator.encoding([...preferred, 'identity'], { preferred })
  return preferred.find(encoding => encoding === wanted)
})

/** The encoding that a client wants most of those that we have; undefined if it wants the body as it is. */
export const encodingFor = ({ headers }: IncomingMessage): Encoding | undefined =>
  encodingIn(String(headers['accept-encoding'] ?? ''))

/**
 * Sends an answer with headers, given as names and values in turn, compressed if the client accepts it and the text is
 * large enough. An answer may hold a secret beside a text of the client's. Nobody else can have it sent again and again to
 * guess the secret by the length (BREACH): only who holds the access token gets an answer for its user.
 */
export const sendAnswer = (
  request: IncomingMessage,
  response: ServerResponse,
  {
    status,
    headers,
    text,
  }: { readonly status: number; readonly headers: readonly string[]; readonly text: string },
): void | Promise<void> => {
  const encoding = text.length < minBytes ? undefined : encodingFor(request)
  if (encoding !== undefined) return sendEncoded(response, status, headers, encoding, text)
  response.writeHead(status, [...headers, 'content-length', String(Buffer.byteLength(text))]).end(text)
}

const sendEncoded = async (
  response: ServerResponse,
  status: number,
  headers: readonly string[],
  encoding: Encoding,
  text: string,
): Promise<void> => {
  const body = await compress(Buffer.from(text), encoding)
  const length = String(body.length)
  response.writeHead(status, [...headers, 'content-encoding', encoding, 'content-length', length]).end(body)
}

/** Sends the body of an answer whose status and headers are set, compressed as `sendAnswer` does. */
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
