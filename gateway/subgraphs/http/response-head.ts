/** What a subgraph sent is no HTTP response, or not the whole of one. */
export class InvalidResponse extends Error {}

/** How a body ends: after so many bytes, with its last chunk, or with the connection. */
export type Body = number | 'chunked' | 'until the end'

/** What the head of a response says. */
export type Head = {
  readonly status: number
  readonly body: Body
  /** Whether the connection can take another request afterwards. */
  readonly isKept: boolean
  /** For how long the other side keeps the connection without a request, if it says so. */
  readonly keptForMs: number | undefined
}

/** Reads the head of a response, without the empty line at its end; throws InvalidResponse. */
export const readHead = (text: string): Head => {
  const lines = text.split('\r\n')
  const [, minor, status] = statusLine.exec(lines[0] ?? '') ?? []
  if (status === undefined) throw new InvalidResponse('it does not answer in HTTP/1.1')
  let length: string | undefined
  let coding: string | undefined
  let connection = ''
  let keepAlive = ''
  for (let index = 1; index < lines.length; index += 1) {
    const line = lines[index] ?? ''
    const colon = line.indexOf(':')
    const first = line.charCodeAt(0)
    // n.b. a line that goes on in the next one begins with a space, and a name that ends in one is another name to others
    if (colon < 1 || first <= space || line.charCodeAt(colon - 1) <= space)
      throw new InvalidResponse('a line of its head is no header')
    if (!initials.has(first)) continue
    switch (line.slice(0, colon).toLowerCase()) {
      case 'content-length':
        length = onlyOne(length, line.slice(colon + 1).trim())
        break
      case 'transfer-encoding':
        coding = onlyOne(
          coding,
          line
            .slice(colon + 1)
            .trim()
            .toLowerCase(),
        )
        break
      case 'connection':
        connection += line.slice(colon + 1).toLowerCase()
        break
      case 'keep-alive':
        keepAlive = line.slice(colon + 1)
        break
    }
  }
  const body = bodyOf(Number(status), length, coding)
  const seconds = /\btimeout *= *(\d{1,6})\b/i.exec(keepAlive)?.[1]
  return {
    status: Number(status),
    body,
    isKept: minor === '1' && body !== 'until the end' && !connection.includes('close'),
    keptForMs: seconds === undefined ? undefined : Number(seconds) * 1_000,
  }
}

const space = 32
// n.b. those of the names below: most headers need no other look
const initials: ReadonlySet<number> = new Set(Array.from('cCtTkK', letter => letter.charCodeAt(0)))
const statusLine = /^HTTP\/1\.([01]) ([1-5]\d\d)(?: |$)/

/** n.b. two lengths, or a length and chunks, are how one response is made to look like two (RFC 9112, 6.3). */
const onlyOne = (before: string | undefined, value: string): string => {
  if (before !== undefined && before !== value) throw new InvalidResponse('it gives its length twice')
  return value
}

const bodyOf = (status: number, length: string | undefined, coding: string | undefined): Body => {
  if (status === 101) throw new InvalidResponse('it speaks another protocol')
  if (status < 200 || status === 204 || status === 304) return 0
  if (coding !== undefined) {
    if (coding !== 'chunked' || length !== undefined)
      throw new InvalidResponse('its transfer-encoding is not chunked alone')
    return 'chunked'
  }
  if (length === undefined) return 'until the end'
  if (!/^\d{1,15}$/.test(length)) throw new InvalidResponse('its length is no number')
  return Number(length)
}

/** Reads the line before a chunk; throws InvalidResponse. */
export const readChunkSize = (line: string): number => {
  const [, digits] = /^([\da-f]{1,12})[ \t]*(?:;.*)?$/i.exec(line) ?? []
  if (digits === undefined) throw new InvalidResponse('a chunk of it does not tell its size')
  return Number.parseInt(digits, 16)
}
