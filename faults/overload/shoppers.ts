import { once } from 'node:events'
import { Worker } from 'node:worker_threads'

/** What the shoppers ask for, and how much of it. */
export const kinds = ['page', 'report', 'checkout'] as const

export type Kind = (typeof kinds)[number]

/** Whom the shoppers ask, and as whom. */
export type ShoppersSettings = {
  readonly url: string
  readonly tokens: readonly string[]
  readonly productIds: readonly string[]
}

/** How much is asked, of one kind or of all: by so many shoppers who wait for each answer, or so often a second, whatever is answered. */
export type Load = { readonly seconds: number; readonly only?: Kind } & (
  | { readonly shoppers: number }
  | { readonly perSecond: number }
)

/**
 * What became of one request: `partial` is an answer without what a busy subgraph would have told, `failed` one with other
 * errors, or none.
 */
export type Asked = {
  readonly kind: Kind
  readonly outcome: 'served' | 'refused' | 'partial' | 'failed'
  /** When it was sent, from the beginning of the load. */
  readonly atMs: number
  readonly tookMs: number
}

/** Those who load a gateway. */
export type Shoppers = {
  /** Loads it, and gives what became of each request. */
  readonly load: (load: Load) => Promise<readonly Asked[]>
  readonly stop: () => Promise<void>
}

/** Starts shoppers in a thread of their own, so that what they are told is not waited for in the thread of the suite. */
export const startShoppers = (settings: ShoppersSettings): Shoppers => {
  const thread = new Worker(new URL('shoppers-thread.ts', import.meta.url), { workerData: settings })
  return {
    load: async load => {
      const answer = once(thread, 'message')
      thread.postMessage(load)
      const [asked]: (readonly Asked[])[] = await answer
      if (asked === undefined) throw new Error('the shoppers tell nothing')
      return asked
    },
    stop: async () => void (await thread.terminate()),
  }
}
