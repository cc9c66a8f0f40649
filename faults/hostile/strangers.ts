import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import type { Targets } from '../../testbed/hostile/payload.ts'

/** What strangers do, and where. */
export type StrangersSettings = {
  readonly does: 'read pages' | 'attack'
  readonly url: string
  readonly token: string
  readonly targets: Targets
  readonly seed: number
}

/** What strangers saw. */
export type StrangersReport = {
  readonly sent: number
  /** The largest answer's. */
  readonly largestBytes: number
  readonly problems: readonly string[]
}

/** Fifty clients who do something again and again. */
export type Strangers = {
  readonly renew: (token: string) => void
  /** Stops them; resolves with what they saw. */
  readonly end: () => Promise<StrangersReport>
}

/** Starts strangers in a thread of their own: the time that they take to make documents and to read answers is not a page's. */
export const startStrangers = (settings: StrangersSettings): Strangers => {
  const thread = new Worker(new URL('strangers-thread.ts', import.meta.url), { workerData: settings })
  const report = once(thread, 'message')
  // n.b. a thread that fails says so where it is ended
  report.catch(() => undefined)
  return {
    renew: token => thread.postMessage({ token }),
    end: async () => {
      thread.postMessage('end')
      const [seen]: StrangersReport[] = await report
      if (seen === undefined) throw new Error('the strangers saw nothing')
      return seen
    },
  }
}
