import { connect } from 'node:net'

/** What the gateway answered. */
export type Answer = { readonly isOk: boolean; readonly body: Buffer }

/** A keep-alive connection of a client, which sends one request after the other. */
export type Connection = {
  /** Sends a request; resolves with the answer. */
  readonly send: (request: string) => Promise<Answer>
  readonly close: () => void
}

const headEnd = '\r\n\r\n'

/**
 * Connects to an HTTP server. A connection that breaks fails its request.
 * n.b. A library's client costs as much as a fast gateway, on the core that the subgraphs need.
 */
export const openConnection = (url: string): Promise<Connection> => {
  const { hostname, port } = new URL(url)
  return new Promise((resolveOpen, rejectOpen) => {
    const socket = connect({ host: hostname, port: Number(port), noDelay: true })
    let received: Buffer = Buffer.alloc(0)
    let waiting: PromiseWithResolvers<Answer> | undefined
    socket.once('connect', () =>
      resolveOpen({
        send: request => {
          waiting = Promise.withResolvers()
          socket.write(request)
          return waiting.promise
        },
        close: () => socket.destroy(),
      }),
    )
    socket.on('data', chunk => {
      received = received.length === 0 ? chunk : Buffer.concat([received, chunk])
      const response = readResponse(received)
      if (response === undefined) return
      received = Buffer.alloc(0)
      waiting?.resolve(response)
    })
    const fail = (error: Error) => {
      rejectOpen(error)
      waiting?.reject(error)
    }
    socket.once('error', fail)
    socket.once('close', () => fail(new Error('the gateway closed the connection')))
  })
}

/** The response in these bytes, if it is there whole. */
const readResponse = (received: Buffer): Answer | undefined => {
  const end = received.indexOf(headEnd)
  if (end < 0) return undefined
  const head = received.toString('latin1', 0, end)
  const from = end + headEnd.length
  const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1]
  const body =
    length === undefined
      ? joinChunks(received, from)
      : received.length < from + Number(length)
        ? undefined
        : received.subarray(from)
  return body && { isOk: head.startsWith('200', 9), body }
}

const joinChunks = (received: Buffer, from: number): Buffer | undefined => {
  const chunks: Buffer[] = []
  for (let at = from; ; ) {
    const lineEnd = received.indexOf('\r\n', at)
    if (lineEnd < 0) return undefined
    const size = Number.parseInt(received.toString('latin1', at, lineEnd), 16)
    const next = lineEnd + 2 + size + 2
    if (received.length < next) return undefined
    if (size === 0) return Buffer.concat(chunks)
    chunks.push(received.subarray(lineEnd + 2, lineEnd + 2 + size))
    at = next
  }
}
