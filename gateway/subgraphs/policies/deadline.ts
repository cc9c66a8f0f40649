import { remainingMs, timeoutHeader, within } from '@supergraph/runtime/deadline.ts'
import { type Policy, withHeader } from '../call.ts'

/** No whole answer came before the deadline. */
export class TimedOut extends Error {}

/** Gives a call up at its deadline, and aborts what is under way for it. */
export const untilDeadline: Policy = next => call => {
  const abort = new AbortController()
  const ms = remainingMs(call.deadlineAtMs)
  return within(ms, next({ ...call, signal: abort.signal }), () => {
    const late = new TimedOut(`no whole answer within ${ms} ms`)
    abort.abort(late)
    throw late
  })
}

/** Tells the subgraph how long the caller still waits, and sends nothing that nobody waits for. */
export const withDeadline: Policy = next => async call => {
  const leftMs = remainingMs(call.deadlineAtMs)
  if (leftMs === 0) throw new TimedOut('it was not asked: the turn did not come in time')
  return next(withHeader(call, timeoutHeader, String(leftMs)))
}
