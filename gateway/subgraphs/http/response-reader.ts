import { type Body, type Head, InvalidResponse, readChunkSize, readHead } from './response-head.ts'

/** Who is told of a response, part by part. */
export type ResponseTaker = {
  /** Its head has come. */
  readonly onHead: (status: number) => void
  /** A part of its body, but for the last one; the bytes are good for the time of the call alone. */
  readonly onPart: (part: Buffer) => void
}

/** What the next bytes are. */
type Awaited =
  | 'nothing'
  | 'head'
  | 'body of known length'
  | 'body until the end'
  | 'size of a chunk'
  | 'chunk'
  | 'end of a chunk'
  | 'trailer'

const headEnd = '\r\n\r\n'
const lineEnd = '\r\n'
const maxHeadBytes = 16 * 1024
const maxLineBytes = 1_024
const nothing = Buffer.alloc(0)

/**
 * Reads the responses that come on a connection, one for each request, as HTTP/1.1 has them. Throws InvalidResponse if the
 * bytes are something else, or more than was asked for. n.b. an answer that comes in one piece is given on without a copy.
 */
export class ResponseReader {
  #taker: ResponseTaker | undefined
  #awaited: Awaited = 'nothing'
  /** What came of a line or a head of which the end is not there yet. */
  #begun = nothing
  /** How many bytes of the body, or of its chunk, are to come. */
  #left = 0
  #head: Head | undefined
  #last: Buffer | undefined

  /** Expects a response. */
  expect(taker: ResponseTaker): void {
    this.#taker = taker
    this.#awaited = 'head'
    this.#head = undefined
  }

  /** Gives the response up: what comes is read no more. */
  leave(): void {
    this.#taker = undefined
  }

  /** The head of the last response, as far as it has come. */
  get head(): Head | undefined {
    return this.#head
  }

  /** Reads what has come; returns the last part of the body, which may be empty, once the response is whole. */
  read(received: Buffer): Buffer | undefined {
    const bytes = this.#begun.length === 0 ? received : Buffer.concat([this.#begun, received])
    this.#begun = nothing
    for (let at = 0; at < bytes.length; ) {
      if (this.#awaited === 'nothing') throw new InvalidResponse('it sends more than it was asked for')
      const taker = this.#taker
      if (taker === undefined) return undefined
      const next = this.#step(bytes, at, taker)
      if (next === undefined) {
        // n.b. the next bytes are read into the same place
        this.#begun = Buffer.from(bytes.subarray(at))
        return undefined
      }
      at = next
    }
    return this.#takeLast()
  }

  /** Nothing more comes: returns what `read` does. */
  end(): Buffer | undefined {
    if (this.#awaited === 'body until the end') this.#finish(nothing)
    return this.#takeLast()
  }

  /** Takes what is awaited next; returns where it ends, or undefined if it is not there whole. */
  #step(bytes: Buffer, at: number, taker: ResponseTaker): number | undefined {
    switch (this.#awaited) {
      case 'nothing':
        return bytes.length
      case 'head':
        return this.#takeHead(bytes, at, taker)
      case 'body of known length':
        return this.#takeBody(bytes, at, taker)
      case 'body until the end':
        taker.onPart(bytes.subarray(at))
        return bytes.length
      case 'size of a chunk':
        return this.#takeChunkSize(bytes, at)
      case 'chunk':
        return this.#takeChunk(bytes, at, taker)
      case 'end of a chunk':
        return this.#takeChunkEnd(bytes, at)
      case 'trailer':
        return this.#takeTrailer(bytes, at)
      default:
        return this.#awaited satisfies never
    }
  }

  #takeHead(bytes: Buffer, at: number, taker: ResponseTaker): number | undefined {
    const end = bytes.indexOf(headEnd, at, 'latin1')
    if ((end === -1 ? bytes.length : end) - at > maxHeadBytes)
      throw new InvalidResponse('its head has no end within 16 KiB')
    if (end === -1) return undefined
    const head = readHead(bytes.toString('latin1', at, end))
    const next = end + headEnd.length
    // n.b. 100 and 103 come before the response itself
    if (head.status < 200) return next
    this.#head = head
    this.#await(head.body)
    taker.onHead(head.status)
    return next
  }

  #await(body: Body): void {
    if (body === 'chunked') this.#awaited = 'size of a chunk'
    else if (body === 'until the end') this.#awaited = 'body until the end'
    else if (body === 0) this.#finish(nothing)
    else {
      this.#awaited = 'body of known length'
      this.#left = body
    }
  }

  #takeBody(bytes: Buffer, at: number, taker: ResponseTaker): number {
    const end = Math.min(bytes.length, at + this.#left)
    this.#left -= end - at
    const part = bytes.subarray(at, end)
    if (this.#left === 0) this.#finish(part)
    else taker.onPart(part)
    return end
  }

  #takeChunkSize(bytes: Buffer, at: number): number | undefined {
    const end = lineEndIn(bytes, at)
    if (end === undefined) return undefined
    this.#left = readChunkSize(bytes.toString('latin1', at, end))
    this.#awaited = this.#left === 0 ? 'trailer' : 'chunk'
    return end + lineEnd.length
  }

  #takeChunk(bytes: Buffer, at: number, taker: ResponseTaker): number {
    const end = Math.min(bytes.length, at + this.#left)
    this.#left -= end - at
    if (this.#left === 0) this.#awaited = 'end of a chunk'
    taker.onPart(bytes.subarray(at, end))
    return end
  }

  #takeChunkEnd(bytes: Buffer, at: number): number | undefined {
    const end = lineEndIn(bytes, at)
    if (end === undefined) return undefined
    if (end !== at) throw new InvalidResponse('a chunk of it is longer than it says')
    this.#awaited = 'size of a chunk'
    return end + lineEnd.length
  }

  #takeTrailer(bytes: Buffer, at: number): number | undefined {
    const end = lineEndIn(bytes, at)
    if (end === undefined) return undefined
    if (end === at) this.#finish(nothing)
    return end + lineEnd.length
  }

  #finish(part: Buffer): void {
    this.#awaited = 'nothing'
    this.#last = part
  }

  #takeLast(): Buffer | undefined {
    const last = this.#last
    this.#last = undefined
    return last
  }
}

const lineEndIn = (bytes: Buffer, at: number): number | undefined => {
  const end = bytes.indexOf(lineEnd, at, 'latin1')
  if ((end === -1 ? bytes.length : end) - at > maxLineBytes)
    throw new InvalidResponse('a line of it has no end within 1 KiB')
  return end === -1 ? undefined : end
}
