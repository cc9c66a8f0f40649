import type { GraphQLFormattedError } from 'graphql'
import {
  CloseCode,
  type ConnectionInitMessage,
  MessageType,
  type PingMessage,
  parseMessage,
  type SubscribePayload,
} from 'graphql-ws'
import { FewEntries } from './few.ts'

/** What a server does for the clients that speak graphql-transport-ws with it. */
export type SocketService<Client> = {
  /** Sends a message; the promise tells when there is room for the next one. */
  readonly send: (client: Client, text: string) => Promise<void>
  readonly close: (client: Client, code: number, reason: string) => void
  /** Whether a client may connect that says this of itself; one that may not is closed, by default with 4403. */
  readonly admit: (client: Client, parameters: Readonly<Record<string, unknown>>) => Promise<boolean>
  /** The payload that answers the one of a `ping`. */
  readonly pong: (client: Client, payload: PingMessage['payload']) => Promise<PingMessage['payload']>
  /** Begins an operation, which lasts until its `end`. */
  readonly begin: (operation: SocketOperation<Client>, payload: SubscribePayload) => void
}

/** What runs an operation; `stop` may be called after the operation has ended. */
export type RunningOperation = {
  readonly stop: () => void
  /** Whether it ends with its answer, which its client should not have to do without. */
  readonly isAwaited?: boolean
}

/**
 * An operation of a client, until it has ended or the client has completed it.
 * n.b. this and the connection are classes, since tens of thousands of them wait: closures would take much more memory.
 */
export class SocketOperation<Client> {
  readonly #connection: SocketConnection<Client>
  readonly id: string
  #running: RunningOperation | undefined = undefined

  constructor(connection: SocketConnection<Client>, id: string) {
    this.#connection = connection
    this.id = id
  }

  get client(): Client {
    return this.#connection.client
  }

  get isOver(): boolean {
    return !this.#connection.has(this)
  }

  /** Tells what runs the operation from now on, to be stopped if the client completes the operation or goes. */
  runs(running: RunningOperation): void {
    if (this.isOver) running.stop()
    else this.#running = running
  }

  /** Sends the JSON text of a result. */
  async next(text: string): Promise<void> {
    if (this.isOver) return
    await this.#connection.send(`{"id":${JSON.stringify(this.id)},"type":"next","payload":${text}}`)
  }

  /** Ends the operation, with errors if it was refused or has failed. */
  end(errors?: readonly GraphQLFormattedError[]): void {
    if (!this.#connection.forget(this)) return
    const { id } = this
    const message =
      errors === undefined
        ? { id, type: MessageType.Complete }
        : { id, type: MessageType.Error, payload: errors }
    void this.#connection.send(JSON.stringify(message))
  }

  get isAwaited(): boolean {
    return this.#running?.isAwaited === true
  }

  /** The client has completed the operation, or is gone. */
  stop(): void {
    this.#running?.stop()
    this.#running = undefined
  }
}

/** The connection of a client that speaks graphql-transport-ws. */
export class SocketConnection<Client> {
  readonly #service: SocketService<Client>
  readonly client: Client
  readonly #operations = new FewEntries<string, SocketOperation<Client>>()
  #untilInitialised: NodeJS.Timeout | undefined
  #isInitialised = false
  #isAcknowledged = false

  /** The client has so many milliseconds to begin. */
  constructor(service: SocketService<Client>, client: Client, initialisedWithinMs: number) {
    this.#service = service
    this.client = client
    this.#untilInitialised = setTimeout(
      () => this.#close(CloseCode.ConnectionInitialisationTimeout, 'Connection initialisation timeout'),
      initialisedWithinMs,
    )
  }

  get operationCount(): number {
    return this.#operations.size
  }

  /** Whether one of its operations will end with an answer. */
  get isAwaited(): boolean {
    return this.#operations.values().some(operation => operation.isAwaited)
  }

  /** Takes a message of the client; rejects if that failed. */
  async receive(text: string): Promise<void> {
    const message = read(text)
    switch (message?.type) {
      case MessageType.ConnectionInit:
        return this.#initialise(message.payload)
      case MessageType.Ping: {
        const payload = await this.#service.pong(this.client, message.payload)
        return this.send(JSON.stringify({ type: MessageType.Pong, payload }))
      }
      case MessageType.Pong:
        return
      case MessageType.Subscribe:
        return this.#subscribe(message.id, message.payload)
      case MessageType.Complete: {
        const operation = this.#operations.get(message.id)
        this.#operations.delete(message.id)
        return operation?.stop()
      }
      default:
        // n.b. also what only servers send: a stranger's fault, which is none of the log's concern
        return this.#close(CloseCode.BadRequest, 'Invalid message received')
    }
  }

  send(text: string): Promise<void> {
    return this.#service.send(this.client, text)
  }

  has(operation: SocketOperation<Client>): boolean {
    return this.#operations.get(operation.id) === operation
  }

  /** Whether the connection had the operation. */
  forget(operation: SocketOperation<Client>): boolean {
    return this.has(operation) && this.#operations.delete(operation.id)
  }

  /** The connection is closed: its operations are stopped. */
  closed(): void {
    clearTimeout(this.#untilInitialised)
    const operations = this.#operations.values()
    this.#operations.clear()
    for (const operation of operations) operation.stop()
  }

  async #initialise(parameters: ConnectionInitMessage['payload']): Promise<void> {
    if (this.#isInitialised)
      return this.#close(CloseCode.TooManyInitialisationRequests, 'Too many initialisation requests')
    this.#isInitialised = true
    clearTimeout(this.#untilInitialised)
    this.#untilInitialised = undefined
    if (!(await this.#service.admit(this.client, parameters ?? {})))
      return this.#close(CloseCode.Forbidden, 'Forbidden')
    this.#isAcknowledged = true
    await this.send(acknowledgement)
  }

  #subscribe(id: string, payload: SubscribePayload): void {
    if (!this.#isAcknowledged) return void this.#close(CloseCode.Unauthorized, 'Unauthorized')
    if (this.#operations.get(id) !== undefined)
      return void this.#close(CloseCode.SubscriberAlreadyExists, `Subscriber for ${id} already exists`)
    const operation = new SocketOperation(this, id)
    this.#operations.set(id, operation)
    this.#service.begin(operation, payload)
  }

  #close(code: number, reason: string): void {
    // n.b. a reason may name a client's id, and with more than 123 bytes ws would throw and never close
    this.#service.close(this.client, code, Buffer.byteLength(reason) > 123 ? '' : reason)
  }
}

const acknowledgement = JSON.stringify({ type: MessageType.ConnectionAck })

const read = (text: string) => {
  try {
    return parseMessage(text)
  } catch {
    return undefined
  }
}
