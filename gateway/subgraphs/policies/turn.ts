import { createTurns } from '@supergraph/runtime/turns.ts'
import type { Policy } from '../call.ts'
import { TimedOut } from './deadline.ts'

/** Has `atOnce` calls under way at a time; the others wait in order, and behind `maxWaiting` that wait, a call fails at once. */
export const inTurn = (atOnce: number, maxWaiting: number): Policy => {
  const turns = createTurns({ atOnce, maxWaiting })
  return next => async call => {
    const release = await turns.take(call.deadlineAtMs)
    if (release === 'full') throw new Error(`it was not asked: ${maxWaiting} requests wait for their turn`)
    if (release === 'late') throw new TimedOut('it was not asked: the turn did not come in time')
    try {
      return await next(call)
    } finally {
      release()
    }
  }
}
