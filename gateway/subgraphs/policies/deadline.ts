import { remainingMs, timeoutHeader, within } from '@supergraph/runtime/deadline.ts'
import { type Policy, withHeader } from '../call.ts'

/** No whole answer came before the deadline. */
export class TimedOut extends Error {}

/** Gives a call up at its deadline, or when its caller gives up, and aborts what is under way for it. */
export const untilDeadline: Policy = next => call => {
  const abort = new AbortController()
  const ms = remainingMs(call.deadlineAtMs)
  const giveUp = () => abort.abort(call.signal?.reason)
  if (call.signal?.aborted) giveUp()
  call.signal?.addEventListener('abort', giveUp)
  return within(ms, next({ ...call, signal: abort.signal }), () => {
    const late = new TimedOut(`no whole answer within ${ms} ms`)
    abort.abort(late)
    throw late
  }).finally(() => call.signal?.removeEventListener('abort', giveUp))
}

/** Tells the subgraph how long the caller still waits, and sends nothing that nobody waits for. */
export const withDeadline: Policy = next => async call => {
  const leftMs = remainingMs(call.deadlineAtMs)
  call.signal?.throwIfAborted()
  if (leftMs === 0) throw new TimedOut('it was not asked: the turn did not come in time')
  return next(withHeader(call, timeoutHeader, String(leftMs)))
}
