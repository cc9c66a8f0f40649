import { type CallOutcome, createBreaker, type Pass } from '@supergraph/runtime/breaker.ts'
import { remainingMs, within } from '@supergraph/runtime/deadline.ts'
import { createTurns } from '@supergraph/runtime/turns.ts'

/** The service is known to have done nothing: it could not be reached, refused, or was not called at all. */
export class CallNotMade extends Error {
  override readonly name = 'CallNotMade'
}

/** The service was called and gave no usable answer: what it did is unknown. */
export class OutcomeUnknown extends Error {
  override readonly name = 'OutcomeUnknown'
}

/** The service refused, and would refuse again if it were asked soon: it is asked again now and then. */
export class CallRefused extends Error {
  override readonly name = 'CallRefused'
}

/** What a request may take; `signal` aborts once `timeoutMs` have passed. */
export type CallLimits = { readonly signal: AbortSignal; readonly timeoutMs: number }

/** Bounds how long a call takes, how many are under way, and how many wait for their turn. */
export const createGuard = ({
  service,
  timeoutMs,
  maxInFlight,
  maxQueued,
}: {
  /** The name in error messages. */
  readonly service: string
  readonly timeoutMs: number
  readonly maxInFlight: number
  readonly maxQueued: number
}) => {
  const turns = createTurns({ atOnce: maxInFlight, maxWaiting: maxQueued })
  const breaker = createBreaker({ failuresInARow: 5, pauseMs: 1_000 })

  const notSent = (reason: string) => new NotSent(`${service} was not asked: ${reason}.`)
  const away = () => notSent('its last calls failed, and it is tried again within a second')

  const sendInTime = <T>(send: (limits: CallLimits) => Promise<T>, limitMs: number): Promise<T> => {
    const abort = new AbortController()
    return within(limitMs, send({ signal: abort.signal, timeoutMs: limitMs }), () => {
      abort.abort()
      const Failure = limitMs < timeoutMs ? CutShort : OutcomeUnknown
      throw new Failure(`${service} gave no answer within ${limitMs} ms.`)
    })
  }

  const callInTurn = async <T>(
    send: (limits: CallLimits) => Promise<T>,
    deadlineAtMs: number,
    isStillLetThrough: () => boolean,
  ): Promise<T> => {
    const release = await turns.take(Math.min(deadlineAtMs, Date.now() + timeoutMs))
    if (release === 'full') throw notSent('too many calls wait for their turn')
    if (release === 'late') throw notSent('its turn did not come in time')
    try {
      const limitMs = Math.min(timeoutMs, remainingMs(deadlineAtMs))
      if (limitMs === 0) throw notSent('its caller waits no longer')
      if (!isStillLetThrough()) throw away()
      return await sendInTime(send, limitMs)
    } finally {
      release()
    }
  }

  return {
    /**
     * Sends a request when its turn comes. Throws what `send` throws, which is CallNotMade or OutcomeUnknown if the
     * service failed, and OutcomeUnknown if the request does not end in time. Throws CallNotMade if nothing was sent: the
     * turn did not come before the deadline or within one timeout, too many requests wait, or the service failed in a row.
     */
    call: async <T>(
      send: (limits: CallLimits) => Promise<T>,
      { deadlineAtMs = Number.POSITIVE_INFINITY }: { readonly deadlineAtMs?: number } = {},
    ): Promise<T> => {
      const pass = breaker.enter()
      if (pass === undefined) throw away()
      let outcome: CallOutcome = 'worked'
      try {
        return await callInTurn(send, deadlineAtMs, () => breaker.isStillLetThrough(pass))
      } catch (error) {
        outcome = outcomeOf(error, pass)
        throw error
      } finally {
        breaker.leave(pass, outcome)
      }
    },
    /** Whether a call would be made now. */
    isAvailable: () => breaker.letsThrough() && !turns.isFull(),
  }
}

/** A call that this process did not send, which says nothing about the service. */
class NotSent extends CallNotMade {}

/** A call to which its caller's deadline left less than a timeout. */
class CutShort extends OutcomeUnknown {}

const outcomeOf = (error: unknown, pass: Pass): CallOutcome => {
  if (error instanceof NotSent) return 'unknown'
  // n.b. a call that was cut short says nothing about the service, but a trial has to succeed
  if (error instanceof CutShort) return pass === 'trial' ? 'failed' : 'unknown'
  if (error instanceof CallNotMade || error instanceof OutcomeUnknown) return 'failed'
  // n.b. a refusal, such as of a card, ends a trial well, but does not make failures before it forgotten
  return pass === 'trial' ? 'worked' : 'unknown'
}
