import { createAnswerRoom } from './answer-room.ts'
import type { ExecutionContext } from './call.ts'
import { CallWaits } from './call-waits.ts'

/** What an execution for somebody without a token has, unless something else is given; its subgraphs may answer 1,000,000 bytes. */
export const executionContext = (given: Partial<ExecutionContext> = {}): ExecutionContext => ({
  viewer: { kind: 'anonymous' },
  room: createAnswerRoom(1_000_000),
  failures: [],
  expiries: [],
  waits: new CallWaits(),
  busy: [],
  ...given,
})
