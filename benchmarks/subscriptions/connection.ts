import { connect } from 'node:net'

/** Called with the time in each event that a client receives, in microseconds. */
export type Receive = (at: number) => void

type Open = (url: URL, subscription: string, receive: Receive) => Promise<void>

const mark = '"at":'

/** Finds the times of events in text that comes in pieces. */
const createScanner = (receive: Receive) => {
  let rest = ''
  return (text: string): void => {
    rest += text
    let from = 0
    for (let at = rest.indexOf(mark); at !== -1; at = rest.indexOf(mark, from)) {
      const end = rest.indexOf(',', at)
      if (end === -1) {
        rest = rest.slice(at)
        return
      }
      receive(Number(rest.slice(at + mark.length, end)))
      from = end
    }
    rest = rest.slice(Math.max(from, rest.length - mark.length))
  }
}

/** A frame of a client; its mask is zero, and so changes nothing. */
const frame = (opcode: number, payload: Buffer): Buffer => {
  const length =
    payload.length < 126 ? [payload.length | 0x80] : [126 | 0x80, payload.length >> 8, payload.length & 0xff]
  return Buffer.concat([Buffer.from([0x80 | opcode, ...length, 0, 0, 0, 0]), payload])
}
const text = (message: object): Buffer => frame(1, Buffer.from(JSON.stringify(message)))

/** Calls `take` with each frame that is there whole, and gives the bytes of the next one. */
const readFrames = (bytes: Buffer, take: (opcode: number, payload: Buffer) => void): Buffer => {
  let at = 0
  for (;;) {
    const second = bytes[at + 1]
    if (second === undefined) break
    const head = second < 126 ? 2 : 4
    if (bytes.length < at + head) break
    const length = second < 126 ? second : bytes.readUInt16BE(at + 2)
    if (bytes.length < at + head + length) break
    take((bytes[at] ?? 0) & 0x0f, bytes.subarray(at + head, at + head + length))
    at += head + length
  }
  return bytes.subarray(at)
}

/** Subscribes over a WebSocket. n.b. a library would cost the clients more than what is measured costs the gateway */
export const openSocket: Open = (url, subscription, receive) =>
  new Promise((resolve, reject) => {
    const scan = createScanner(receive)
    const socket = connect({ port: Number(url.port), host: url.hostname, noDelay: true })
    let bytes: Buffer = Buffer.alloc(0)
    let isOpen = false
    socket.on('error', reject)
    socket.write(
      `GET /graphql HTTP/1.1\r\nhost: ${url.host}\r\nconnection: Upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: ${btoa('0123456789abcdef')}\r\nsec-websocket-protocol: graphql-transport-ws\r\n\r\n`,
    )
    socket.on('data', chunk => {
      bytes = bytes.length === 0 ? chunk : Buffer.concat([bytes, chunk])
      if (!isOpen) {
        const end = bytes.indexOf('\r\n\r\n')
        if (end === -1) return
        isOpen = true
        bytes = bytes.subarray(end + 4)
        socket.write(text({ type: 'connection_init' }))
      }
      bytes = readFrames(bytes, (opcode, payload) => {
        if (opcode === 9) socket.write(frame(10, payload))
        else if (payload.includes('connection_ack')) {
          socket.write(text({ id: '1', type: 'subscribe', payload: JSON.parse(subscription) }), () =>
            resolve(),
          )
        } else scan(payload.toString('latin1'))
      })
    })
  })

/** Subscribes by server-sent events. */
export const openStream: Open = (url, subscription, receive) =>
  new Promise((resolve, reject) => {
    const scan = createScanner(receive)
    const socket = connect({ port: Number(url.port), host: url.hostname, noDelay: true })
    socket.on('error', reject)
    socket.write(
      `POST /graphql HTTP/1.1\r\nhost: ${url.host}\r\naccept: text/event-stream\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(subscription)}\r\n\r\n${subscription}`,
    )
    socket.once('data', () => resolve())
    socket.on('data', chunk => scan(chunk.toString('latin1')))
  })
