import type { Identity } from '@supergraph/runtime/identity.ts'
import type { RunningOperation, SocketOperation } from '@supergraph/runtime/socket-protocol.ts'
import type { ExecutionArgs } from 'graphql'
import type { WebSocket } from 'ws'

/** A subscription, and who hears it. */
type Subscribed = {
  readonly operation: SocketOperation<WebSocket>
  readonly request: Pick<ExecutionArgs, 'document' | 'operationName' | 'variableValues'>
  readonly identity: Identity
}

/** Executes an event and sends it. */
export type SendEvent = (subscribed: Subscribed, event: unknown) => Promise<void>

/** What all subscriptions share. */
export type SharedParts = {
  readonly sendEvent: SendEvent
  readonly refuse: (operation: SocketOperation<WebSocket>, error: unknown) => void
}

/**
 * Sends what comes, until there is no more or the operation is over.
 * n.b. a class that waits without a suspended function, since tens of thousands of them do: measured, one takes 500 bytes.
 */
export class Subscription implements RunningOperation, Subscribed {
  readonly operation: SocketOperation<WebSocket>
  readonly request: Subscribed['request']
  readonly identity: Identity
  readonly #events: AsyncIterator<unknown>
  readonly #shared: SharedParts

  constructor(
    shared: SharedParts,
    { operation, request, identity, events }: Subscribed & { readonly events: AsyncIterator<unknown> },
  ) {
    this.#shared = shared
    this.operation = operation
    this.request = request
    this.identity = identity
    this.#events = events
  }

  /** Waits for the next event. */
  goOn(): void {
    if (this.operation.isOver) return void this.stop()
    this.#events.next().then(
      result => this.#take(result),
      (error: unknown) => this.#fail(error),
    )
  }

  stop(): void {
    void this.#events.return?.()
  }

  async #take({ done, value }: IteratorResult<unknown>): Promise<void> {
    try {
      if (done && !this.operation.isOver) this.operation.end()
      if (!this.operation.isOver) await this.#shared.sendEvent(this, value)
      this.goOn()
    } catch (error) {
      this.#fail(error)
    }
  }

  /** n.b. an event that can't be sent ends the operation, and what it listens to must not go on. */
  #fail(error: unknown): void {
    this.stop()
    this.#shared.refuse(this.operation, error)
  }
}
