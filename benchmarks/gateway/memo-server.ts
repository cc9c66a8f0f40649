import { createServer, type Socket } from 'node:net'

/** Finds the answer to a request's body. */
type Answer = (body: string) => Promise<string>

const maxRemembered = 100_000
const headEnd = '\r\n\r\n'

/**
 * Answers POST requests by their bodies, each body computed once, after `delay()` milliseconds.
 * n.b. Node's own HTTP server would cost three times as much as the gateways that ask it.
 */
export const startMemoServer = async (answer: Answer, delay: () => number): Promise<string> => {
  const remembered = new Map<string, Buffer>()

  const respond = async (socket: Socket, body: string): Promise<void> => {
    let response = remembered.get(body)
    if (response === undefined) {
      const text = await answer(body)
      const head = `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(text)}`
      response = Buffer.from(`${head}${headEnd}${text}`)
      if (remembered.size >= maxRemembered) remembered.clear()
      remembered.set(body, response)
    }
    const ready = response
    const delayMs = delay()
    if (delayMs === 0) socket.write(ready)
    else setTimeout(() => socket.write(ready), delayMs)
  }

  const server = createServer({ noDelay: true }, socket => {
    let received: Buffer = Buffer.alloc(0)
    socket.on('error', () => {})
    socket.on('data', chunk => {
      received = received.length === 0 ? chunk : Buffer.concat([received, chunk])
      for (;;) {
        const request = readRequest(received)
        if (request === undefined) return
        received = received.subarray(request.bytes)
        void respond(socket, request.body)
      }
    })
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', 4_096, resolve))
  const address = server.address()
  if (typeof address !== 'object' || address === null) throw new Error('the server has no port')
  return `http://127.0.0.1:${address.port}/graphql`
}

/** The first request in these bytes, if it is there whole. */
const readRequest = (received: Buffer): { readonly body: string; readonly bytes: number } | undefined => {
  const end = received.indexOf(headEnd)
  if (end < 0) return undefined
  const head = received.toString('latin1', 0, end)
  const from = end + headEnd.length
  const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1]
  if (length === undefined)
    return /\r\ntransfer-encoding: *chunked/i.test(head)
      ? readChunks(received, from)
      : { body: '', bytes: from }
  const bytes = from + Number(length)
  return received.length < bytes ? undefined : { body: received.toString('utf8', from, bytes), bytes }
}

const readChunks = (received: Buffer, from: number) => {
  const chunks: Buffer[] = []
  for (let at = from; ; ) {
    const lineEnd = received.indexOf('\r\n', at)
    if (lineEnd < 0) return undefined
    const size = Number.parseInt(received.toString('latin1', at, lineEnd), 16)
    const next = lineEnd + 2 + size + 2
    if (received.length < next) return undefined
    if (size === 0) return { body: Buffer.concat(chunks).toString('utf8'), bytes: next }
    chunks.push(received.subarray(lineEnd + 2, lineEnd + 2 + size))
    at = next
  }
}
