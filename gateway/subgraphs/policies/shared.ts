import { activeSpan } from '@supergraph/telemetry/spans.ts'
import { Departure, type DepartureListener, type Gone } from '../departure.ts'

/**
 * Work under way, for all who wait for it. n.b. this is a class: each object literal with a getter would get a hidden class of
 * its own, in old memory, which keeps the whole request until the next major garbage collection
 */
export class Shared<T> {
  readonly startedAtMs = Date.now()
  /** In which it was begun, if it is recorded. */
  readonly span = activeSpan()
  readonly #ownOf: (given: T) => T
  readonly #abandoned = new Departure()
  readonly #waiting: Waiter<T>[] = []
  #joined = 0

  /**
   * Begins the work; `abandoned` tells when nobody waits for it any more, and `ended` is called when it has ended. If several
   * wait, each of them gets `ownOf` what it gives.
   */
  constructor(begin: (abandoned: Gone) => Promise<T>, ownOf: (given: T) => T, ended: () => void) {
    this.#ownOf = ownOf
    begin(this.#abandoned).then(
      given => {
        ended()
        for (const waiter of this.#waiting.splice(0))
          waiter.resolve(this.#joined === 1 ? given : this.#ownOf(given))
      },
      (error: unknown) => {
        ended()
        for (const waiter of this.#waiting.splice(0)) waiter.reject(error)
      },
    )
  }

  get isWaitedFor(): boolean {
    return this.#waiting.length > 0
  }

  /** Waits for the outcome; throws as soon as one's client has gone. */
  wait(gone: Gone | undefined): Promise<T> {
    this.#joined += 1
    return new Promise((resolve, reject) => {
      this.#waiting.push(new Waiter(this, gone, resolve, reject))
    })
  }

  /** Lets somebody go who waits no longer. */
  dismiss(waiter: Waiter<T>): void {
    const index = this.#waiting.indexOf(waiter)
    if (index === -1) return
    this.#waiting.splice(index, 1)
    if (this.#waiting.length === 0) this.#abandoned.leave()
  }
}

/** n.b. one object for all of a wait, since there are thousands in a second. */
class Waiter<T> implements DepartureListener {
  readonly #work: Shared<T>
  readonly #gone: Gone | undefined
  readonly #resolve: (given: T) => void
  readonly #reject: (error: unknown) => void

  constructor(
    work: Shared<T>,
    gone: Gone | undefined,
    resolve: (given: T) => void,
    reject: (error: unknown) => void,
  ) {
    this.#work = work
    this.#gone = gone
    this.#resolve = resolve
    this.#reject = reject
    gone?.addEventListener('abort', this)
  }

  /** The client has gone. */
  handleEvent(): void {
    this.#work.dismiss(this)
    this.reject(new Error('the client has gone'))
  }

  resolve(given: T): void {
    this.#gone?.removeEventListener('abort', this)
    this.#resolve(given)
  }

  reject(error: unknown): void {
    this.#gone?.removeEventListener('abort', this)
    this.#reject(error)
  }
}
