import { MessageType, type PingMessage, type Server, stringifyMessage } from 'graphql-ws'
import type { RawData, WebSocket } from 'ws'
import { isTooMany } from '../errors.ts'
import { closeSocket, closings, maxMessagesPerSecond } from './closings.ts'
import { createRate } from './rate.ts'

const maxUnreadBytes = 16 * 1024 * 1024

/** Gives the payload that answers the payload of a client's `ping` message. */
type Pong = (payload: PingMessage['payload']) => Promise<PingMessage['payload']>

/** Runs a task when it is the client's turn; throws TOO_MANY_OPERATIONS if too much waits. */
type InTurn = (task: () => void) => void

/**
 * Lets graphql-ws serve a socket. A client that leaves 16 MiB unread is cut off.
 */
export const connect = <C extends { readonly socket: WebSocket }>(
  protocol: Server<C>,
  connection: C,
  {
    pong,
    inTurn,
    onError,
  }: {
    readonly pong: Pong
    readonly inTurn: InTurn
    readonly onError: (error: unknown) => void
  },
): void => {
  const { socket } = connection
  const fail = (error: unknown) => {
    if (isTooMany(error)) return closeSocket(socket, closings.tryAgainLater)
    onError(error)
    closeSocket(socket, closings.internalError)
  }
  // n.b. ws closes the socket of a client that breaks the protocol by itself, with the right code
  socket.on('error', () => undefined)
  // n.b. ws answers these pings by itself, and the answers may stay unread too
  socket.on('ping', () => cutOffUnread(socket))
  const closed = protocol.opened(
    {
      protocol: socket.protocol,
      send: data => send(socket, data),
      // n.b. a reason may name a client's id, and with more than 123 bytes ws would throw and never close
      close: (code = 1000, reason = '') =>
        closeSocket(socket, { code, reason: Buffer.byteLength(reason) > 123 ? '' : reason }),
      onMessage: receive => receiveInTurn(socket, inTurn, text => void receive(text).catch(fail), fail),
      onPing: async payload =>
        send(socket, stringifyMessage({ type: MessageType.Pong, payload: await pong(payload) })),
    },
    connection,
  )
  socket.once('close', (code, reason) => void closed(code, String(reason)).catch(onError))
}

/**
 * Reads the messages of a socket one by one, each in a turn of its own. What waits is what came in one read, at most: until
 * then nothing more is read. A socket with too many messages in a second is closed, and none of those that wait is read.
 */
const receiveInTurn = (
  socket: WebSocket,
  inTurn: InTurn,
  receive: (text: string) => void,
  fail: (error: unknown) => void,
): void => {
  let waiting: RawData[] = []
  let isWaiting = false
  let isOver = false
  const countInSecond = createRate()

  const endReading = (): void => {
    isOver = true
    isWaiting = false
    waiting = []
    socket.resume()
  }
  const readNext = (): void => {
    isWaiting = false
    const data = waiting.shift()
    // n.b. what was read before a client went away is not worth anything to it
    if (data !== undefined && socket.readyState !== socket.CLOSED) receive(String(data))
    if (waiting.length > 0) waitForTurn()
    else socket.resume()
  }
  const waitForTurn = (): void => {
    isWaiting = true
    try {
      inTurn(readNext)
    } catch (error) {
      endReading()
      fail(error)
    }
  }
  socket.on('message', data => {
    if (isOver) return
    if (countInSecond() > maxMessagesPerSecond) {
      endReading()
      return closeSocket(socket, closings.tooManyMessages)
    }
    waiting.push(data)
    if (!isWaiting) waitForTurn()
    // n.b. ws gives the other messages of the same read all the same
    if (isWaiting) socket.pause()
  })
}

/** Sends a message; resolves when it is on its way, or the socket is closed. */
export const send = (socket: WebSocket, data: string): Promise<void> =>
  new Promise(resolve => {
    cutOffUnread(socket)
    if (socket.readyState === socket.OPEN) socket.send(data, () => resolve())
    else resolve()
  })

/** n.b. without a close code: a client that reads nothing would not read the code either. */
const cutOffUnread = (socket: WebSocket): void => {
  if (socket.bufferedAmount > maxUnreadBytes) socket.terminate()
}
