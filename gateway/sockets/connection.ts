import type { Duplex } from 'node:stream'
import { networkOf } from '@supergraph/runtime/network.ts'
import { SocketConnection, type SocketService } from '@supergraph/runtime/socket-protocol.ts'
import type { ClientNames } from '@supergraph/telemetry/client.ts'
import { GRAPHQL_TRANSPORT_WS_PROTOCOL } from 'graphql-ws'
import { type RawData, WebSocket } from 'ws'
import { isTooMany } from '../errors.ts'
import type { NamedClient } from '../named-clients.ts'
import type { OperationClient } from '../subgraphs/call.ts'
import { Backlog, maxBacklogBytes } from '../subscriptions/backlog.ts'
import { closeSocket, closings, maxMessagesPerSecond } from './closings.ts'
import { PingedWebSocket } from './keep-alive.ts'
import { Rates } from './rates.ts'
import type { SocketSessions } from './sessions.ts'

const maxUnreadBytes = 16 * 1024 * 1024
const initWithinMs = 10_000

/** Where a socket comes from, as far as that is known. */
export type SocketOrigin = Pick<OperationClient, 'clientAddress' | 'clientDevice'>

/** How all clients are served. */
export type ClientService = Omit<SocketService<Client>, 'send' | 'close'> & {
  /** Runs a task when it is the client's turn; throws TOO_MANY_OPERATIONS if too much waits. */
  readonly inTurn: (client: Client, task: () => void) => void
  readonly onError: (error: unknown) => void
}

/** What all clients share. */
type Shared = {
  readonly service: ClientService
  readonly protocol: SocketService<Client>
  readonly messages: Rates<Client>
}

/**
 * A socket of the gateway.
 * n.b. measured: a listener or closure of its own costs a socket 100 to 300 bytes, so all sockets share theirs.
 */
export class ClientWebSocket extends PingedWebSocket {
  /** Undefined while the socket is opened, and for one that is refused. */
  client: Client | undefined = undefined
  /** The network among whose sockets it counts. */
  countedAs = ''
}

/** The client of a socket. Its messages are read one by one, each in a turn of its own; if it leaves 16 MiB unread, it is cut off. */
export class Client {
  readonly socket: WebSocket
  readonly stream: Duplex
  readonly clientAddress: string | undefined
  readonly clientDevice: string | undefined
  readonly network: string
  readonly backlog = new Backlog(maxBacklogBytes)
  readonly connection: SocketConnection<Client>
  /** What it calls itself, for its spans. */
  names: ClientNames | undefined = undefined
  /** Undefined until the connection is acknowledged. */
  sessions: SocketSessions | undefined = undefined
  client: NamedClient | undefined = undefined
  readonly #shared: Shared
  #waiting: RawData[] | undefined = undefined
  #isWaiting = false
  #isOver = false

  constructor(
    shared: Shared,
    socket: WebSocket,
    stream: Duplex,
    { clientAddress, clientDevice }: SocketOrigin,
  ) {
    this.#shared = shared
    this.socket = socket
    this.stream = stream
    this.clientAddress = clientAddress
    this.clientDevice = clientDevice
    this.network = networkOf(clientAddress ?? '')
    this.connection = new SocketConnection(shared.protocol, this, initWithinMs)
  }

  /**
   * Takes a message. What waits is what came in one read, at most: until then nothing more is read. A client with too many
   * messages in a second is closed, and none of those that wait is read.
   */
  received(data: RawData): void {
    if (this.#isOver) return
    if (this.#shared.messages.count(this) > maxMessagesPerSecond) {
      this.#endReading()
      return void closeSocket(this.socket, closings.tooManyMessages)
    }
    this.#waiting ??= []
    this.#waiting.push(data)
    if (!this.#isWaiting) this.#waitForTurn()
    // n.b. ws gives the other messages of the same read all the same
    if (this.#isWaiting) this.socket.pause()
  }

  /** The socket is closed. */
  closed(): void {
    this.sessions?.end()
    this.connection.closed()
  }

  #waitForTurn(): void {
    this.#isWaiting = true
    try {
      this.#shared.service.inTurn(this, () => this.#readNext())
    } catch (error) {
      this.#endReading()
      this.#fail(error)
    }
  }

  #readNext(): void {
    this.#isWaiting = false
    const data = this.#waiting?.shift()
    // n.b. what was read before a client went away is not worth anything to it
    if (data !== undefined && this.socket.readyState !== WebSocket.CLOSED)
      this.connection.receive(String(data)).catch((error: unknown) => this.#fail(error))
    if (this.#waiting !== undefined && this.#waiting.length > 0) return void this.#waitForTurn()
    this.#waiting = undefined
    this.socket.resume()
  }

  #endReading(): void {
    this.#isOver = true
    this.#isWaiting = false
    this.#waiting = undefined
    this.socket.resume()
  }

  #fail(error: unknown): void {
    if (isTooMany(error)) return void closeSocket(this.socket, closings.tryAgainLater)
    this.#shared.service.onError(error)
    closeSocket(this.socket, closings.internalError)
  }
}

/** Serves the clients of sockets with graphql-transport-ws; who accepts a socket tells its client when it is closed. */
export const createClients = (service: ClientService) => {
  const protocol: SocketService<Client> = {
    ...service,
    send: ({ socket }, data) => send(socket, data),
    close: ({ socket }, code, reason) => closeSocket(socket, { code, reason }),
  }
  const shared: Shared = { service, protocol, messages: new Rates() }
  /** Serves the client of a socket from now on. */
  return (socket: ClientWebSocket, stream: Duplex, origin: SocketOrigin): void => {
    // n.b. ws closes the socket of a client that breaks the protocol by itself, with the right code
    socket.on('error', ignore)
    // n.b. a client may ask for no protocol at all
    if (socket.protocol !== GRAPHQL_TRANSPORT_WS_PROTOCOL)
      return void closeSocket(socket, closings.otherProtocol)
    socket.client = new Client(shared, socket, stream, origin)
    // n.b. ws answers these pings by itself, and the answers may stay unread too
    socket.on('ping', pinged)
    socket.on('message', received)
  }
}

function received(this: WebSocket, data: RawData): void {
  if (this instanceof ClientWebSocket) this.client?.received(data)
}

function pinged(this: WebSocket): void {
  cutOffUnread(this)
}

const ignore = (): void => undefined

/** Sends a message; resolves when it is on its way, or the socket is closed. */
const send = (socket: WebSocket, data: string): Promise<void> =>
  new Promise(resolve => {
    cutOffUnread(socket)
    if (socket.readyState === socket.OPEN) socket.send(data, () => resolve())
    else resolve()
  })

/** n.b. without a close code: a client that reads nothing would not read the code either. */
const cutOffUnread = (socket: WebSocket): void => {
  if (socket.bufferedAmount > maxUnreadBytes) socket.terminate()
}
