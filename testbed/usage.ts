import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { z } from 'zod'

const usage = z.object({
  /** CPU time of the main thread since the process started, which other processes of a busy machine do not change much. */
  mainThreadMs: z.number(),
  heapBytes: z.number(),
  residentBytes: z.number(),
  /** Files, sockets and pipes. */
  openFiles: z.number(),
  /** How late the event loop was in the worst hundredth of the time since the last collection. */
  loopDelayMs: z.number(),
})

/** What a process has used so far, and the memory that it has now. */
export type Usage = Readonly<z.output<typeof usage>>

/** Asks a process for its usage; with `collect` after a garbage collection. */
export type AskUsage = (question: 'look' | 'collect') => Promise<Usage>

/** Asks the probe in a process that was started with it and with a channel. */
export const createAskUsage = (child: ChildProcess): AskUsage => {
  const ended = new AbortController()
  child.once('close', () => ended.abort())
  let last: Promise<unknown> = Promise.resolve()
  return question => {
    // n.b. Answers carry no number, so that each question waits for the answer to the one before.
    const answered = last.then(async () => {
      child.send(question)
      const [answer] = await once(child, 'message', { signal: ended.signal }).catch((cause: unknown) => {
        throw new Error('the process ended before it told its usage', { cause })
      })
      return usage.parse(answer)
    })
    last = answered.catch(() => undefined)
    return answered
  }
}
