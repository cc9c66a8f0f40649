import { connect } from 'node:net'
import { readMessage } from '../http-message.ts'

/** What the gateway answered. */
export type Answer = { readonly isOk: boolean; readonly body: Buffer }

/** A keep-alive connection of a client, which sends one request after the other. */
export type Connection = {
  /** Sends a request; resolves with the answer. */
  readonly send: (request: string) => Promise<Answer>
  readonly close: () => void
}

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
      const response = readMessage(received)
      if (response === undefined) return
      received = Buffer.alloc(0)
      waiting?.resolve({ isOk: response.head.startsWith('200', 9), body: response.body })
    })
    const fail = (error: Error) => {
      rejectOpen(error)
      waiting?.reject(error)
    }
    socket.once('error', fail)
    socket.once('close', () => fail(new Error('the gateway closed the connection')))
  })
}
