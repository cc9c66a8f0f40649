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
 * is compressed or in another charset, 400 if it is no JSON. Before it parses so many bytes, it awaits `waitForTurn`.
 */
export const readJson = async (
  request: IncomingMessage,
  maxBodyBytes: number,
  waitForTurn: (bytes: number) => Promise<void> = async () => {},
): Promise<unknown> => {
  const body = await readBody(request, maxBodyBytes)
  if (body.length === 0) return undefined
  await waitForTurn(body.length)
  const text = decode(body)
  try {
    return JSON.parse(text)
  } catch {
    throw new BadRequest(400, 'The body is not JSON: send {"query": "…"} as application/json.')
  }
}

/** Reads a body in UTF-8 as text, with the same refusals as `readJson`. */
export const readText = async (request: IncomingMessage, maxBodyBytes: number): Promise<string> =>
  decode(await readBody(request, maxBodyBytes))

const readBody = async (request: IncomingMessage, maxBodyBytes: number): Promise<Buffer> => {
  const { 'content-encoding': encoding = 'identity', 'content-length': length } = request.headers
  const tooLarge = () =>
    new BadRequest(413, `The body is larger than ${maxBodyBytes} bytes: send less at a time.`)
  if (Number(length) > maxBodyBytes) throw tooLarge()
  const charset = charsetOf(request.headers['content-type'])
  if (encoding.toLowerCase() !== 'identity')
    throw new BadRequest(415, 'The body is compressed: send it without content-encoding.')
  if (charset !== undefined && !readable.has(charset.toLowerCase()))
    throw new BadRequest(415, 'The body is not in UTF-8: send it as application/json; charset=utf-8.')
  const chunks: Buffer[] = []
  let bytes = 0
  // n.b. by default the connection would be destroyed with the loop, and the client would never be told why
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    bytes += chunk.length
    if (bytes > maxBodyBytes) throw tooLarge()
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

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
