import { isUnavailable } from '@supergraph/postgres/connection.ts'
import { createSleep } from '@supergraph/runtime/loop.ts'
import type { Topic } from '../database/announcements.ts'
import type { SubscriptionRefusal } from '../domain/subscription-refusal.ts'
import type { WakeUps } from './wake-ups.ts'

/**
 * What a read found. `lookAgainInMs` asks for another read by then, even if nothing wakes the reader; it is 0 if more can
 * be read now.
 */
export type Found<Value> = { readonly values: readonly Value[]; readonly lookAgainInMs?: number | undefined }

/** Makes the error that a reader throws to end its stream. */
export type Refuse = (refusal: SubscriptionRefusal) => Error

const databaseAwayWaitMs = 1_000

/**
 * Streams what `read` finds, now and after each wake-up, until `return` is called or `read` throws; `read` remembers
 * what it has returned. The stream listens for wake-ups from this call on, and those that come during a read count as
 * one. Nothing is read before the consumer asks for it, so a slow consumer costs no memory. While the database is away,
 * the stream reads every second. Only one `next` may be pending. What is found after a wake-up is given with its cause;
 * `withCause` is told, by `performance.now()`, since when earlier reads have asked for another one.
 */
export const follow = <Value>(
  wakeUps: Pick<WakeUps, 'on'>,
  topics: readonly Topic[],
  read: () => Promise<Found<Value>>,
  withCause: (value: Value, heldBackSinceMs: number | undefined) => Value = value => value,
): AsyncIterableIterator<Value> => {
  let values: readonly Value[] = []
  // n.b. what was there before is in no trace: the one that has brought it is over
  let isWoken = false
  let heldBackSinceMs: number | undefined
  // n.b. the first read waits for nothing
  let lookAgainInMs: number | undefined = 0
  let hasEnded = false
  const sleep = createSleep()
  const stopListening = wakeUps.on(topics, sleep.wake)
  const end = () => {
    hasEnded = true
    stopListening()
    sleep.wake()
  }

  const look = async (): Promise<void> => {
    const found = await read().catch((error: unknown) => {
      if (isUnavailable(error)) return { values: [], lookAgainInMs: databaseAwayWaitMs }
      throw error
    })
    const sinceMs = heldBackSinceMs
    values = isWoken ? found.values.map(value => withCause(value, sinceMs)) : found.values
    lookAgainInMs = found.lookAgainInMs
    heldBackSinceMs = values.length > 0 || !lookAgainInMs ? undefined : (sinceMs ?? performance.now())
  }

  const next = async (): Promise<IteratorResult<Value>> => {
    while (!hasEnded) {
      const [value, ...rest] = values
      if (value !== undefined) {
        values = rest
        return { done: false, value }
      }
      if (lookAgainInMs !== 0) {
        await sleep.wait(lookAgainInMs)
        isWoken = true
      }
      if (!hasEnded) await look()
    }
    return { done: true, value: undefined }
  }

  // n.b. an async generator would not do: its `return` waits for a pending `next`, and so listens until the next event
  return {
    next: () =>
      next().catch((error: unknown) => {
        if (hasEnded) return { done: true, value: undefined }
        end()
        throw error
      }),
    return: async () => {
      end()
      return { done: true, value: undefined }
    },
    [Symbol.asyncIterator]() {
      return this
    },
  }
}
