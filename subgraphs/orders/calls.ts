import { remainingMs } from '@supergraph/runtime/deadline.ts'
import {
  BulkheadRejectedError,
  bulkhead,
  CircuitState,
  ConsecutiveBreaker,
  circuitBreaker,
  handleWhen,
  TaskCancelledError,
  TimeoutStrategy,
  timeout,
} from 'cockatiel'

/** The service is known to have done nothing: it could not be reached, refused, or was not asked at all. */
export class CallNotMade extends Error {
  override readonly name = 'CallNotMade'
}

/** The service was asked and gave no usable answer: what it did is unknown. */
export class OutcomeUnknown extends Error {
  override readonly name = 'OutcomeUnknown'
}

/** What a request may take; `signal` aborts once `timeoutMs` have passed. */
export type CallLimits = { readonly signal: AbortSignal; readonly timeoutMs: number }

/** Keeps the calls to one service in bounds. */
export type Guard = {
  /**
   * Sends a request when its turn comes. Throws what `send` throws (CallNotMade or OutcomeUnknown, where the service
   * failed), OutcomeUnknown where it does not end in time, and CallNotMade where it was not sent: its turn did not come
   * before the deadline or within one timeout, too many wait for theirs, or the service has failed in a row.
   */
  readonly call: <T>(
    send: (limits: CallLimits) => Promise<T>,
    options?: { readonly deadlineAtMs?: number },
  ) => Promise<T>
  /** Whether a call would be made now. */
  readonly isAvailable: () => boolean
}

/** After 5 failures in a row nothing is sent for 1 s; then one call is let through, and decides for the others. */
const failuresInARow = 5
const pauseMs = 1_000

/** Bounds the calls to a service: how long one takes, how many are under way, and how many wait for their turn. */
export const createGuard = (bounds: {
  /** As error messages name it. */
  readonly service: string
  readonly timeoutMs: number
  readonly maxInFlight: number
  readonly maxQueued: number
}): Guard => {
  const { service, timeoutMs, maxInFlight, maxQueued } = bounds
  const turns = bulkhead(maxInFlight, maxQueued)
  // n.b. a call that was cut short says nothing about the service, but the one that tries it again must succeed
  const counts = (error: unknown): boolean =>
    isFailure(error) && !(error instanceof CutShort && breaker.state === CircuitState.Closed)
  const breaker = circuitBreaker(handleWhen(counts), {
    breaker: new ConsecutiveBreaker(failuresInARow),
    halfOpenAfter: pauseMs,
  })
  let openedAtMs = 0
  breaker.onBreak(() => {
    openedAtMs = Date.now()
  })
  const isLetThrough = () =>
    breaker.state === CircuitState.Closed ||
    (breaker.state === CircuitState.Open && Date.now() - openedAtMs >= pauseMs)

  const notMade = (reason: string) => new CallNotMade(`${service} was not asked: ${reason}.`)
  // n.b. cockatiel would let the others wait for the one call that tries the service again
  const refuseWhileOpen = () => {
    if (!isLetThrough()) throw notMade('its last calls failed, and it is tried again within a second')
  }

  const sendInTime = async <T>(send: (limits: CallLimits) => Promise<T>, limitMs: number): Promise<T> => {
    try {
      return await timeout(limitMs, TimeoutStrategy.Aggressive).execute(({ signal }) =>
        send({ signal, timeoutMs: limitMs }),
      )
    } catch (error) {
      if (!(error instanceof TaskCancelledError)) throw error
      const Failure = limitMs < timeoutMs ? CutShort : OutcomeUnknown
      throw new Failure(`${service} gave no answer within ${limitMs} ms.`, { cause: error })
    }
  }

  const sendNow = <T>(send: (limits: CallLimits) => Promise<T>, deadlineAtMs: number): Promise<T> => {
    const limitMs = Math.min(timeoutMs, remainingMs(deadlineAtMs))
    if (limitMs === 0) throw notMade('its caller waits no longer')
    refuseWhileOpen()
    return breaker.execute(() => sendInTime(send, limitMs))
  }

  return {
    call: async (send, { deadlineAtMs = Number.POSITIVE_INFINITY } = {}) => {
      refuseWhileOpen()
      const waiting = new AbortController()
      const late = Promise.withResolvers<never>()
      const stopWaiting = () => {
        waiting.abort()
        late.reject(notMade('its turn did not come in time'))
      }
      const timer = setTimeout(stopWaiting, Math.min(timeoutMs, remainingMs(deadlineAtMs)))
      const turn = turns.execute(() => {
        clearTimeout(timer)
        return sendNow(send, deadlineAtMs)
      }, waiting.signal)
      try {
        return await Promise.race([turn, late.promise])
      } catch (error) {
        if (error instanceof BulkheadRejectedError) throw notMade('too many calls wait for their turn')
        throw error
      } finally {
        clearTimeout(timer)
      }
    },
    isAvailable: () => isLetThrough() && (turns.executionSlots > 0 || turns.queueSlots > 0),
  }
}

/** A call to which its caller's deadline left less than a timeout. */
class CutShort extends OutcomeUnknown {}

const isFailure = (error: unknown): boolean => error instanceof CallNotMade || error instanceof OutcomeUnknown
