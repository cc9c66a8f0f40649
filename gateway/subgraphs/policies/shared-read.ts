import type { InProcessAnswer } from '@supergraph/subgraph/in-process.ts'

/** A read under way within this process, for all who wait for it. */
export type SharedRead = ReturnType<typeof createSharedRead>

/** Begins a read; `gone` aborts when nobody waits for it any more. */
export const createSharedRead = (ask: (gone: AbortSignal) => Promise<InProcessAnswer>) => {
  const abandoned = new AbortController()
  let joined = 0
  let waiting = 0
  let isOver = false
  const answer = ask(abandoned.signal).finally(() => {
    isOver = true
  })
  // n.b. it may fail when nobody waits any more
  answer.catch(() => undefined)

  return {
    startedAtMs: Date.now(),
    get isWaitedFor(): boolean {
      return waiting > 0
    },
    /** Waits for the answer, and gives it as values of one's own; throws as soon as one's client has gone. */
    wait: async (gone: AbortSignal | undefined): Promise<InProcessAnswer> => {
      const left = Promise.withResolvers<never>()
      const leave = () => left.reject(new Error('the client has gone'))
      joined += 1
      waiting += 1
      gone?.addEventListener('abort', leave)
      try {
        const given = await Promise.race([answer, left.promise])
        return joined === 1 ? given : { ...given, data: JSON.parse(JSON.stringify(given.data)) }
      } finally {
        gone?.removeEventListener('abort', leave)
        waiting -= 1
        if (waiting === 0 && !isOver) abandoned.abort(new Error('nobody waits'))
      }
    },
  }
}
