import type { Logger } from '@supergraph/runtime/logger.ts'
import { type Loop, startLoop } from '@supergraph/runtime/loop.ts'
import type { Sealer } from '@supergraph/runtime/sealed.ts'
import { tokenBoundTo } from '@supergraph/schema/sealed-token.ts'
import type { DataSource } from 'typeorm'
import { answerRequests } from '../database/password-reset-store.ts'

/**
 * Makes the tokens for whoever has asked for a new password, when woken and every 10 s: a process may have ended before it did
 * so for a request of its own. `stop` waits for the work under way.
 */
export const startAnsweringRequests = (database: DataSource, sealer: Sealer, logger: Logger): Loop =>
  startLoop({
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
