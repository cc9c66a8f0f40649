import type { Running } from '@supergraph/runtime/lifecycle.ts'
import type { Logger } from '@supergraph/runtime/logger.ts'
import { startLoop } from '@supergraph/runtime/loop.ts'
import type { Sealer } from '@supergraph/runtime/sealed.ts'
import { tokenBoundTo } from '@supergraph/schema/sealed-token.ts'
import type { DataSource } from 'typeorm'
import { answerRequests } from '../database/password-reset-store.ts'

export type Answering = { readonly answerSoon: () => void }

const defaultWithinMs = 2_000

/**
 * Makes the tokens for whoever has asked for a new password: at a random time within `withinMs` after `answerSoon` is called, and
 * every 10 s, since a process may have ended before it did so for a request of its own. `stop` waits for the work under way.
 */
export const startAnsweringRequests = (
  database: DataSource,
  sealer: Sealer,
  { logger, withinMs = defaultWithinMs }: { readonly logger: Logger; readonly withinMs?: number | undefined },
): Running & Answering => {
  const loop = startLoop({
    everyMs: 10_000,
    work: async stopping => {
      const seal = (token: string, userId: string) =>
        sealer.seal(token, tokenBoundTo('password-reset', userId))
      while (!stopping.aborted && (await answerRequests(database, seal)) > 0);
    },
    onError: error =>
      logger.warn(
        { err: error },
        'requests for a new password could not be answered; the next try is in 10 s',
      ),
  })
  return {
    stop: loop.stop,
    // n.b. if the work began at once, the next request would take 0.4 ms longer after one for an address that has an account
    answerSoon: () => void setTimeout(loop.wake, Math.random() * withinMs).unref(),
  }
}
