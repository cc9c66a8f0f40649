import { Worker } from 'node:worker_threads'
import type { CheckedGraph, CheckReport } from '@supergraph/composition/check.ts'
import type { Composition, Subgraph } from '@supergraph/composition/composition.ts'
import type { Running } from '@supergraph/runtime/lifecycle.ts'
import { createFairTurns } from '../fair-turns.ts'
import { Refusal } from '../refusal.ts'
import type { LiveUsage } from '../usage/live-usage.ts'
import { begun, type Outcome, type Work } from './work.ts'

/** Composes and checks graphs, and does whatever else takes long if its GraphQL is long, for one key to a graph. */
export type Composer = {
  readonly compose: (subgraphs: readonly Subgraph[]) => Promise<Composition>
  readonly check: (
    next: CheckedGraph,
    base: CheckedGraph | undefined,
    usage?: LiveUsage,
  ) => Promise<CheckReport>
  /** Throws a Refusal that says where a text is no GraphQL. */
  readonly demandGraphql: (texts: Work['parse']) => Promise<void>
  readonly lint: (schemas: Work['lint']) => Promise<Outcome['lint']>
  readonly validate: (client: Work['validate']) => Promise<Outcome['validate']>
}

/** Gives each key a composer of its own; undefined is the registry itself. */
type Composers = Running & {
  readonly composerOf: (key: string | undefined) => Composer
  /** Whether there is a thread. */
  readonly isLoaded: () => boolean
}

const threadFile = new URL('composer-thread.ts', import.meta.url)
// n.b. a graph that takes more ends the thread, and not the process
const resourceLimits = { maxOldGenerationSizeMb: 1_024 }
const maxWaitingOfKey = 50
const maxWorkMs = 60_000
const maxIdleMs = 60_000

/**
 * Works in a thread, on one thing at a time, so that the process goes on answering: a composition of hundreds of subgraphs
 * takes seconds, and so does a lint of megabytes. Keys take turns, and what of a key waits beyond 50 is refused. The thread
 * is started when there is work for it, and ends after a minute without any.
 */
export const createComposers = ({ withinMs = maxWorkMs, idleMs = maxIdleMs } = {}): Composers => {
  const turns = createFairTurns(maxWaitingOfKey, 'this key')
  let thread: Worker | undefined
  let idle: NodeJS.Timeout | undefined

  const start = (): Worker => {
    // n.b. what the process itself imports first is not for its threads
    const worker = new Worker(threadFile, { resourceLimits, execArgv: [] })
    worker.unref()
    // n.b. a thread that fails ends a moment later: it gets no more work
    const forget = () => {
      if (thread === worker) thread = undefined
    }
    worker.once('error', forget).once('exit', forget)
    return worker
  }

  const ask = <Kind extends keyof Work>(key: string, kind: Kind, work: Work[Kind]): Promise<Outcome[Kind]> =>
    turns.run(key, () => {
      clearTimeout(idle)
      thread ??= start()
      const worker = thread
      const { promise, resolve, reject } = Promise.withResolvers<Outcome[Kind]>()
      const fail = () => reject(new Error('the thread that composes ended'))
      const giveUp = () => {
        reject(new Refusal('BAD_USER_INPUT', `it takes more than ${withinMs / 1_000} s to ${kind} this`))
        // n.b. the thread takes a moment to end: the next work gets another
        thread = undefined
        void worker.terminate()
      }
      let timer: NodeJS.Timeout | undefined
      const take = (told: typeof begun | Outcome[Kind]) => {
        if (told === begun) timer = setTimeout(giveUp, withinMs)
        else resolve(told)
      }
      worker.on('message', take).once('error', reject).once('exit', fail)
      worker.ref()
      worker.postMessage({ [kind]: work })
      return promise.finally(() => {
        clearTimeout(timer)
        worker.off('message', take).off('error', reject).off('exit', fail)
        worker.unref()
        idle = setTimeout(end, idleMs).unref()
      })
    })

  const end = async (): Promise<void> => {
    const ending = thread
    thread = undefined
    clearTimeout(idle)
    await ending?.terminate()
  }

  return {
    composerOf: (key = '') => ({
      compose: subgraphs => ask(key, 'compose', subgraphs),
      check: (next, base, usage) => ask(key, 'check', { next, base, usage }),
      demandGraphql: async texts => {
        const mistake = await ask(key, 'parse', texts)
        if (mistake !== undefined) throw new Refusal('BAD_USER_INPUT', mistake)
      },
      lint: schemas => ask(key, 'lint', schemas),
      validate: client => ask(key, 'validate', client),
    }),
    isLoaded: () => thread !== undefined,
    stop: end,
  }
}
