import type { IncomingMessage } from 'node:http'
import { MIMEType } from 'node:util'

/** A request that is refused before it is run; `status` is the HTTP status. */
export class BadRequest extends Error {
  readonly status: number
  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}

/**
 * Reads a JSON body in UTF-8; undefined if there is no body. Throws BadRequest 413 past `maxBodyBytes`, 415 if the body
 * is compressed or in another charset, 400 if it is no JSON. Before it parses a body, it awaits `beforeParsing`, which may
 * throw.
 */
export const readJson = async (
  request: IncomingMessage,
  maxBodyBytes: number,
  beforeParsing: (body: Uint8Array) => void | Promise<void> = () => {},
): Promise<unknown> => {
  const body = await readBytes(request, maxBodyBytes, refusalOf)
  if (body.length === 0) return undefined
  const checked = beforeParsing(body)
  if (checked !== undefined) await checked
  const text = decode(body)
  try {
    return JSON.parse(text)
  } catch {
    throw new BadRequest(400, 'The body is not JSON: send {"query": "…"} as application/json.')
  }
}

/** Reads a body in UTF-8 as text, with the same refusals as `readJson`. */
export const readText = async (request: IncomingMessage, maxBodyBytes: number): Promise<string> =>
  decode(await readBytes(request, maxBodyBytes, refusalOf))

/** Reads a body as it is; throws BadRequest 413 past `maxBodyBytes`, or what `refuse` finds in the headers. */
export const readBytes = (
  request: IncomingMessage,
  maxBodyBytes: number,
  refuse: (headers: IncomingMessage['headers']) => BadRequest | undefined = () => undefined,
): Promise<Buffer> =>
  new Promise((resolve, reject) => {
    const { headers } = request
    const tooLarge = () =>
      new BadRequest(413, `The body is larger than ${maxBodyBytes} bytes: send less at a time.`)
    if (Number(headers['content-length']) > maxBodyBytes) return reject(tooLarge())
    const unreadable = refuse(headers)
    if (unreadable !== undefined) return reject(unreadable)
    const gone = () => {
      if (!request.readableEnded) reject(new Error('the client has gone before the end of its request'))
    }
    if (request.destroyed) return gone()
    const chunks: Buffer[] = []
    let bytes = 0
    const take = (chunk: Buffer) => {
      bytes += chunk.length
      chunks.push(chunk)
      if (bytes <= maxBodyBytes) return
      request.off('data', take).pause()
      reject(tooLarge())
    }
    request.on('data', take)
    request.on('end', () => resolve(chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks)))
    request.on('close', gone)
  })

const refusalOf = ({
  'content-encoding': encoding = 'identity',
  'content-type': type,
}: IncomingMessage['headers']): BadRequest | undefined => {
  if (encoding !== 'identity' && encoding.toLowerCase() !== 'identity')
    return new BadRequest(415, 'The body is compressed: send it without content-encoding.')
  const charset = isPlainJson(type) ? undefined : charsetOf(type)
  return charset === undefined || readable.has(charset.toLowerCase())
    ? undefined
    : new BadRequest(415, 'The body is not in UTF-8: send it as application/json; charset=utf-8.')
}

const plainJson: ReadonlySet<unknown> = new Set([
  'application/json',
  'application/json; charset=utf-8',
  'application/json;charset=utf-8',
  'application/json; charset=UTF-8',
  'application/json;charset=UTF-8',
])

/** Whether a content type is JSON in UTF-8, in one of the spellings that clients have. */
export const isPlainJson = (contentType: string | undefined): boolean => plainJson.has(contentType)

const readable: ReadonlySet<string> = new Set(['utf-8', 'utf8', 'us-ascii', 'ascii'])

const charsetOf = (contentType = ''): string | undefined => {
  try {
    return new MIMEType(contentType).params.get('charset') ?? undefined
  } catch {
    return undefined
  }
}

// n.b. it leaves out a byte order mark, which JSON.parse refuses
const utf8 = new TextDecoder('utf-8', { fatal: true })

const decode = (body: Buffer): string => {
  try {
    return utf8.decode(body)
  } catch {
    throw new BadRequest(400, 'The body is not valid UTF-8.')
  }
}
