import { isUnavailable } from '@supergraph/postgres/connection.ts'
import type { Topic } from '../database/announcements.ts'
import type { SubscriptionRefusal } from '../domain/subscription-refusal.ts'
import type { Subscriber, WakeUps } from './wake-ups.ts'

/**
 * What a read found. `lookAgainInMs` asks for another read by then, even if nothing wakes the reader; it is 0 if more can
 * be read now.
 */
export type Found<Value> = { readonly values: readonly Value[]; readonly lookAgainInMs?: number | undefined }

/** What is followed. */
export type Reader<Value> = {
  /** What wakes it; always the same. */
  readonly topics: readonly Topic[]
  /** Remembers what it has returned; throws to end the stream. */
  readonly read: () => Promise<Found<Value>>
}

/** Makes the error that a reader throws to end its stream. */
export type Refuse = (refusal: SubscriptionRefusal) => Error

/** Gives what was found after a wake-up with its cause; told, by `performance.now()`, since when earlier reads have asked for another one. */
type WithCause<Value> = (value: Value, heldBackSinceMs: number | undefined) => Value

const databaseAwayWaitMs = 1_000

/**
 * Streams what a reader finds, now and after each wake-up, until `return` is called or the reader throws. The stream listens
 * for wake-ups from this call on, and those that come during a read count as one. Nothing is read before the consumer asks
 * for it, so a slow consumer costs no memory. While the database is away, the stream reads every second. Only one `next` may
 * be pending.
 */
export const follow = <Value>(
  wakeUps: Pick<WakeUps, 'on' | 'off'>,
  reader: Reader<Value>,
  withCause: WithCause<Value> = value => value,
): AsyncIterableIterator<Value> => {
  const followed = new Followed(wakeUps, reader, withCause)
  wakeUps.on(reader.topics, followed)
  return followed
}

/**
 * n.b. a class that holds one promise while it waits, since tens of thousands of them do: measured, closures and suspended
 * functions took 1.5 KiB more. An async generator would not do: its `return` waits for a pending `next`.
 */
class Followed<Value> implements AsyncIterableIterator<Value>, Subscriber {
  readonly #wakeUps: Pick<WakeUps, 'off'>
  readonly #reader: Reader<Value>
  readonly #withCause: WithCause<Value>
  #values: readonly Value[] = []
  // n.b. what was there before is in no trace: the one that has brought it is over
  #isWoken = false
  #heldBackSinceMs: number | undefined = undefined
  // n.b. the first read waits for nothing
  #lookAgainInMs: number | undefined = 0
  /** Whether a wake-up came while nothing waited for one. */
  #isDue = false
  #hasEnded = false
  #timer: NodeJS.Timeout | undefined = undefined
  /** Answers the pending `next`. */
  #answer: ((result: IteratorResult<Value> | Promise<never>) => void) | undefined = undefined
  #isReading = false

  constructor(wakeUps: Pick<WakeUps, 'off'>, reader: Reader<Value>, withCause: WithCause<Value>) {
    this.#wakeUps = wakeUps
    this.#reader = reader
    this.#withCause = withCause
  }

  next(): Promise<IteratorResult<Value>> {
    return new Promise(resolve => {
      this.#answer = resolve
      this.#goOn()
    })
  }

  async return(): Promise<IteratorResult<Value>> {
    this.#end()
    this.#goOn()
    return over
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  wake(): void {
    this.#isDue = true
    this.#goOn()
  }

  /** Answers the pending `next`, if that can be done, or sees to it that there will be an answer. */
  #goOn(): void {
    if (this.#answer === undefined || this.#isReading) return
    const [value, ...rest] = this.#values
    if (this.#hasEnded) this.#give(over)
    else if (value !== undefined) {
      this.#values = rest
      this.#give({ done: false, value })
    } else if (this.#lookAgainInMs === 0) void this.#look()
    else if (this.#isDue) this.#lookWoken()
    else if (this.#lookAgainInMs !== undefined)
      this.#timer ??= setTimeout(() => this.#lookWoken(), this.#lookAgainInMs)
  }

  #lookWoken(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#isDue = false
    this.#isWoken = true
    void this.#look()
  }

  async #look(): Promise<void> {
    this.#isReading = true
    try {
      this.#take(await this.#reader.read())
    } catch (error) {
      if (isUnavailable(error)) this.#take({ values: [], lookAgainInMs: databaseAwayWaitMs })
      else this.#fail(error)
    }
    this.#isReading = false
    this.#goOn()
  }

  #take({ values, lookAgainInMs }: Found<Value>): void {
    const sinceMs = this.#heldBackSinceMs
    this.#values = this.#isWoken ? values.map(value => this.#withCause(value, sinceMs)) : values
    this.#lookAgainInMs = lookAgainInMs
    this.#heldBackSinceMs = values.length > 0 || !lookAgainInMs ? undefined : (sinceMs ?? performance.now())
  }

  #fail(error: unknown): void {
    if (this.#hasEnded) return
    this.#end()
    this.#give(Promise.reject(error))
  }

  #give(result: IteratorResult<Value> | Promise<never>): void {
    const answer = this.#answer
    this.#answer = undefined
    answer?.(result)
  }

  #end(): void {
    if (this.#hasEnded) return
    this.#hasEnded = true
    clearTimeout(this.#timer)
    this.#wakeUps.off(this.#reader.topics, this)
  }
}

const over = { done: true, value: undefined } as const
