import type { Logger } from '@supergraph/runtime/logger.ts'
import { type Loop, startLoop } from '@supergraph/runtime/loop.ts'
import type { DataSource } from 'typeorm'
import { claimMissedEvents, endMissedEvents, keepMissedEvents } from '../database/missed-events.ts'
import { storeWebhookEvents } from '../database/webhook-events.ts'
import type { Payments } from '../payments/payments.ts'

/**
 * Asks the payment provider now and then for its events, in one process at a time, so that one whose webhook never came is
 * handled too; until stopped. `onStored` is called when there was one.
 */
export const startCatchUp = ({
  database,
  payments,
  everySeconds,
  onStored,
  logger,
}: {
  readonly database: DataSource
  readonly payments: Payments
  readonly everySeconds: number
  readonly onStored: () => void
  readonly logger: Logger
}): Loop => {
  const everyMs = everySeconds * 1_000

  const work = async (stopping: AbortSignal): Promise<number> => {
    const span = await claimMissedEvents(database)
    if (span === undefined) return everyMs
    for await (const events of payments.events(span)) {
      const stored = await storeWebhookEvents(database, events)
      if (stored > 0) {
        logger.info({ events: stored }, 'the payment provider listed events whose webhooks have not come')
        onStored()
      }
      if (stopping.aborted) return 0
      await keepMissedEvents(database)
    }
    await endMissedEvents(database, span, { everySeconds })
    return Date.now() - span.to.getTime() > 60_000 ? 0 : everyMs
  }
  return startLoop({
    everyMs,
    work,
    onError: error =>
      logger.warn({ err: error }, 'the events of the payment provider could not be asked for; trying again'),
  })
}
