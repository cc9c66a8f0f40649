import { connect, type Socket } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'

/** What a server sent over one connection; a connection that it closed without an answer has status 0. */
export type RawAnswer = {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/**
 * Sends bytes that no HTTP client would, over a connection of its own: part after part, with `pauseMs` between them.
 * Gives the first answer when it is whole, or what there is of it when the server has closed the connection.
 */
export const sendRaw = async (
  port: number,
  parts: readonly string[],
  { host = '127.0.0.1', pauseMs = 0 }: { readonly host?: string; readonly pauseMs?: number } = {},
): Promise<RawAnswer> => {
  const socket = connect(port, host)
  try {
    const answer = receive(socket)
    for (const [index, part] of parts.entries()) {
      if (index > 0) await pause(pauseMs)
      if (socket.destroyed) break
      socket.write(part, 'latin1')
    }
    return await answer
  } finally {
    socket.destroy()
  }
}

const receive = (socket: Socket): Promise<RawAnswer> =>
  new Promise(resolve => {
    let text = ''
    socket.setEncoding('latin1')
    socket.on('data', data => {
      text += data
      const answer = parse(text)
      if (isWhole(answer)) resolve(answer)
    })
    // n.b. a server that closes while bytes are on their way to it resets the connection
    socket.on('error', () => undefined)
    socket.on('close', () => resolve(parse(text)))
  })

const isWhole = ({ headers, body }: RawAnswer): boolean =>
  headers['transfer-encoding'] === 'chunked'
    ? body.endsWith('0\r\n\r\n')
    : Buffer.byteLength(body) >= Number(headers['content-length'] ?? Infinity)

const parse = (text: string): RawAnswer => {
  const final = text.replace(/^HTTP\/1\.1 100 Continue\r\n\r\n/, '')
  const headEnd = final.indexOf('\r\n\r\n')
  if (headEnd === -1) return { status: 0, headers: {}, body: '' }
  const [line = '', ...fields] = final.slice(0, headEnd).split('\r\n')
  const headers = fields.map(field => {
    const colon = field.indexOf(':')
    return [field.slice(0, colon).toLowerCase(), field.slice(colon + 1).trim()] as const
  })
  return {
    status: Number(line.split(' ')[1]),
    headers: Object.fromEntries(headers),
    body: Buffer.from(final.slice(headEnd + 4), 'latin1').toString('utf8'),
  }
}
