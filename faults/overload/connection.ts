import { connect } from 'node:net'

/** An answer: its HTTP status, 0 if the connection broke, and its text. */
export type Answered = { readonly status: number; readonly body: string }

/** A connection that is kept, with one request under way at a time. */
export type ShopperConnection = {
  readonly send: (request: string) => Promise<Answered>
  readonly isOpen: () => boolean
  readonly close: () => void
}

const broken: Answered = { status: 0, body: '' }

/** Connects to a gateway. n.b. a library's client would take as much of the machine as the gateway does */
export const openShopperConnection = (url: URL): ShopperConnection => {
  const socket = connect({ host: url.hostname, port: Number(url.port), noDelay: true })
  let answered: ((answer: Answered) => void) | undefined
  let received = Buffer.alloc(0)
  const end = (answer: Answered): void => {
    received = Buffer.alloc(0)
    const told = answered
    answered = undefined
    told?.(answer)
  }
  socket.on('data', part => {
    received = received.length === 0 ? part : Buffer.concat([received, part])
    const headEnd = received.indexOf('\r\n\r\n')
    if (headEnd === -1) return
    const head = received.toString('latin1', 0, headEnd)
    const length = Number(/\ncontent-length: (\d+)/i.exec(head)?.[1])
    if (received.length < headEnd + 4 + length) return
    end({ status: Number(head.slice(9, 12)), body: received.toString('utf8', headEnd + 4) })
  })
  socket.on('error', () => undefined)
  socket.on('close', () => end(broken))
  return {
    send: request =>
      new Promise(resolve => {
        if (socket.destroyed) return resolve(broken)
        answered = resolve
        socket.write(request)
      }),
    isOpen: () => !socket.destroyed,
    close: () => void socket.destroy(),
  }
}
