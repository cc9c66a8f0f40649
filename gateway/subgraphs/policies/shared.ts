import { activeSpan } from '@supergraph/telemetry/spans.ts'
import { Departure, type DepartureListener, type Gone } from '../departure.ts'

/** Work under way, for all who wait for it. */
export type Shared<T> = ReturnType<typeof createShared<T>>

type Outcome<T> = { readonly given: T } | { readonly error: unknown }

/**
 * Begins work; `abandoned` tells when nobody waits for it any more, and `ended` is called when it has ended. If several wait,
 * each of them gets `ownOf` what it gives.
 */
export const createShared = <T>(
  begin: (abandoned: Gone) => Promise<T>,
  ownOf: (given: T) => T,
  ended: () => void,
) => {
  const abandoned = new Departure()
  const waiting: Waiter<T>[] = []
  let joined = 0

  const settle = (outcome: Outcome<T>): void => {
    ended()
    for (const waiter of waiting.splice(0)) waiter.settle(outcome)
  }
  const leave = (waiter: Waiter<T>): void => {
    const index = waiting.indexOf(waiter)
    if (index === -1) return
    waiting.splice(index, 1)
    if (waiting.length === 0) abandoned.leave()
  }
  begin(abandoned).then(
    given => settle({ given }),
    (error: unknown) => settle({ error }),
  )

  return {
    startedAtMs: Date.now(),
    /** In which it was begun, if it is recorded. */
    span: activeSpan(),
    get isWaitedFor(): boolean {
      return waiting.length > 0
    },
    /** Waits for the outcome; throws as soon as one's client has gone. */
    wait: (gone: Gone | undefined): Promise<T> =>
      new Promise((resolve, reject) => {
        joined += 1
        waiting.push(
          new Waiter(gone, leave, outcome => {
            if ('error' in outcome) reject(outcome.error)
            else resolve(joined === 1 ? outcome.given : ownOf(outcome.given))
          }),
        )
      }),
  }
}

/** n.b. one object for all of a wait, since there are thousands in a second. */
class Waiter<T> implements DepartureListener {
  readonly #gone: Gone | undefined
  readonly #leave: (waiter: Waiter<T>) => void
  readonly #settle: (outcome: Outcome<T>) => void

  constructor(
    gone: Gone | undefined,
    leave: (waiter: Waiter<T>) => void,
    settle: (outcome: Outcome<T>) => void,
  ) {
    this.#gone = gone
    this.#leave = leave
    this.#settle = settle
    gone?.addEventListener('abort', this)
  }

  /** The client has gone. */
  handleEvent(): void {
    this.#leave(this)
    this.#settle({ error: new Error('the client has gone') })
  }

  settle(outcome: Outcome<T>): void {
    this.#gone?.removeEventListener('abort', this)
    this.#settle(outcome)
  }
}
