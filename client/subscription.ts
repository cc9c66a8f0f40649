import { type Answer, isFailure, type RawAnswer } from './operation.ts'
import { operationFailed, type ShopError, subscriptionFailed } from './shop-error.ts'
import type { Socket, SocketOperation } from './socket.ts'

const maxWaiting = 1_000

/** How one run of a subscription ended; `full`: its reader was so slow that it was stopped, to be resumed. */
export type End =
  | { readonly reason: 'completed' | 'full' }
  | { readonly reason: 'failed'; readonly error: ShopError }

/**
 * Runs a subscription once: the events that `accept` makes of its answers, until it fails, completes or `signal` aborts.
 * At most 1,000 events wait for the reader.
 */
export const runSubscription = <Data, Event>(
  socket: Socket,
  operation: SocketOperation,
  accept: (answer: Answer<Data>) => Event | undefined,
  onOpen: () => void,
  signal: AbortSignal,
) => {
  const waiting: Event[] = []
  let ending: End | undefined
  let wake = () => {}
  let unsubscribe = () => {}

  const finish = (end: End): void => {
    ending ??= end
    unsubscribe()
    wake()
  }
  const take = (answer: RawAnswer<Data>): void => {
    if (ending !== undefined) return
    const { data, errors = [] } = answer
    if (data == null || isFailure(answer)) {
      finish({ reason: 'failed', error: operationFailed(errors) })
      return
    }
    const event = accept({ data, errors })
    if (event === undefined) return
    waiting.push(event)
    if (waiting.length >= maxWaiting) finish({ reason: 'full' })
    else wake()
  }
  const abort = (): void => {
    waiting.length = 0
    finish({ reason: 'completed' })
  }

  const events = async function* (): AsyncGenerator<Event, undefined, void> {
    signal.addEventListener('abort', abort)
    unsubscribe = socket.subscribe<Data>(operation, {
      open: onOpen,
      next: take,
      error: reason => finish({ reason: 'failed', error: subscriptionFailed(reason) }),
      complete: () => finish({ reason: 'completed' }),
    })
    if (signal.aborted) abort()
    try {
      for (;;) {
        const event = waiting.shift()
        if (event !== undefined) yield event
        else if (ending !== undefined) return
        else
          await new Promise<void>(resolve => {
            wake = resolve
          })
      }
    } finally {
      signal.removeEventListener('abort', abort)
      finish({ reason: 'completed' })
    }
  }

  return { events: events(), end: (): End => ending ?? { reason: 'completed' } }
}
