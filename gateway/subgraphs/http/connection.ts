import { connect as connectTcp, isIP, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import type { Place } from '@supergraph/runtime/replicas/places.ts'
import { TimedOut } from '../call-failures.ts'
import { ResponseReader, type ResponseTaker } from './response-reader.ts'

/** Who sends a request, and is told of its response, or why there is none. */
export type RequestSender = ResponseTaker & {
  /** The response is whole: this is the last part of its body, and may be empty. */
  readonly onEnd: (part: Buffer) => void
  /** There is no whole response, and the connection is closed. If it was never open, nothing of the request was sent. */
  readonly onFailure: (error: Error, wasOpen: boolean) => void
}

/** What is told that a connection can take a request now, or that it is closed. */
type Owner = {
  readonly onFree: (connection: Connection) => void
  readonly onClose: (connection: Connection) => void
}

/** The connection was closed before the end of a response. */
class ConnectionClosed extends Error {
  readonly code = 'ECONNRESET'
}

// n.b. one for all connections: what comes is taken out of it before anything else is read
const received = Buffer.allocUnsafeSlow(64 * 1024)
const tcpKeepAliveMs = 60_000
// n.b. Node's servers keep a connection for 5 s if they do not say for how long
const keptByDefaultMs = 5_000
/** So that processes of the server that come later get their part of the requests, 45 to 75 s. */
const maxAgeMs = 60_000
/** What is sent in the last moment before a server closes a connection is lost. */
const marginMs = 2_000

/** A connection to a server, on which one request is under way at a time. */
export class Connection {
  readonly #owner: Owner
  readonly #socket: Socket
  readonly #reader = new ResponseReader()
  #sender: RequestSender | undefined
  #error: Error | undefined
  #isOpen = false
  #usableUntilMs = 0
  readonly #endsAtMs = performance.now() + maxAgeMs * (0.75 + Math.random() / 2)

  constructor(place: Pick<Place, 'url' | 'lookup'>, connectTimeoutMs: number, owner: Owner) {
    this.#owner = owner
    this.#socket = openSocket(place, bytes => this.#read(bytes))
    const late = () => this.destroy(new TimedOut(`no connection within ${connectTimeoutMs} ms`))
    const timer = setTimeout(late, connectTimeoutMs)
    this.#socket
      .once(place.url.protocol === 'https:' ? 'secureConnect' : 'connect', () => {
        clearTimeout(timer)
        this.#isOpen = true
      })
      .once('end', () => this.#end())
      .on('error', error => {
        this.#error ??= error
      })
      .once('close', () => {
        clearTimeout(timer)
        this.#closed()
      })
  }

  /** Whether it can take a request at a time, by `performance.now()`. n.b. its owner hears later that it is closed */
  isUsableAt(nowMs: number): boolean {
    return this.#usableUntilMs > nowMs && !this.#socket.destroyed
  }

  /** Sends a request, head and body. */
  send(request: string, sender: RequestSender): void {
    this.#sender = sender
    this.#reader.expect(sender)
    this.#socket.write(request)
  }

  /** Gives a request up, if it is still under way. */
  giveUp(sender: RequestSender, reason: Error): void {
    if (this.#sender === sender) this.destroy(reason)
  }

  /** Closes the connection; a request under way fails for this reason. */
  destroy(reason: Error): void {
    this.#error ??= reason
    this.#reader.leave()
    this.#socket.destroy()
  }

  #read(bytes: Buffer): void {
    try {
      const last = this.#reader.read(bytes)
      if (last !== undefined) this.#finish(last)
    } catch (error) {
      this.destroy(error instanceof Error ? error : new Error(String(error)))
    }
  }

  #end(): void {
    const last = this.#reader.end()
    this.#socket.destroy()
    if (last !== undefined) this.#finish(last)
  }

  #finish(last: Buffer): void {
    const sender = this.#sender
    this.#sender = undefined
    const { isKept = false, keptForMs = keptByDefaultMs } = this.#reader.head ?? {}
    // n.b. a server that answers before it has read the whole request may never read the rest
    if (isKept && !this.#socket.destroyed && this.#socket.writableLength === 0) {
      this.#usableUntilMs = Math.min(performance.now() + keptForMs - marginMs, this.#endsAtMs)
      this.#owner.onFree(this)
    } else this.#socket.destroy()
    sender?.onEnd(last)
  }

  #closed(): void {
    const sender = this.#sender
    this.#sender = undefined
    this.#reader.leave()
    this.#owner.onClose(this)
    sender?.onFailure(
      this.#error ?? new ConnectionClosed('the connection was closed before the end of the answer'),
      this.#isOpen,
    )
  }
}

const openSocket = (
  { url: { protocol, hostname, port }, lookup }: Pick<Place, 'url' | 'lookup'>,
  read: (bytes: Buffer) => void,
): Socket => {
  const host = hostname.replace(/^\[(.*)\]$/, '$1')
  const onread = {
    buffer: received,
    callback: (bytes: number) => {
      read(received.subarray(0, bytes))
      return true
    },
  }
  const options = {
    host,
    lookup,
    noDelay: true,
    keepAlive: true,
    keepAliveInitialDelay: tcpKeepAliveMs,
    onread,
  }
  if (protocol !== 'https:') return connectTcp({ ...options, port: Number(port || 80) })
  const servername = isIP(host) === 0 ? host : ''
  return connectTls({ ...options, port: Number(port || 443), servername, ALPNProtocols: ['http/1.1'] })
}
