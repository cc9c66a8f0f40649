/** A request or response: its head as text, its body, and how many bytes it has. */
export type HttpMessage = { readonly head: string; readonly body: Buffer; readonly bytes: number }

export const headEnd = '\r\n\r\n'

/** The first message in these bytes, if it is there whole. */
export const readMessage = (received: Buffer): HttpMessage | undefined => {
  const end = received.indexOf(headEnd)
  if (end < 0) return undefined
  const head = received.toString('latin1', 0, end)
  const from = end + headEnd.length
  if (/\r\ntransfer-encoding: *chunked/i.test(head)) return readChunks(received, head, from)
  const bytes = from + Number(/\r\ncontent-length: *(\d+)/i.exec(head)?.[1] ?? 0)
  return received.length < bytes ? undefined : { head, body: received.subarray(from, bytes), bytes }
}

const readChunks = (received: Buffer, head: string, from: number): HttpMessage | undefined => {
  const chunks: Buffer[] = []
  for (let at = from; ; ) {
    const lineEnd = received.indexOf('\r\n', at)
    if (lineEnd < 0) return undefined
    const size = Number.parseInt(received.toString('latin1', at, lineEnd), 16)
    const next = lineEnd + 2 + size + 2
    if (received.length < next) return undefined
    if (size === 0) return { head, body: Buffer.concat(chunks), bytes: next }
    chunks.push(received.subarray(lineEnd + 2, lineEnd + 2 + size))
    at = next
  }
}
