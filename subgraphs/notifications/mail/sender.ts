import { listen } from '@supergraph/postgres/listen.ts'
import { startHourly } from '@supergraph/runtime/hourly.ts'
import type { Running } from '@supergraph/runtime/lifecycle.ts'
import type { Logger } from '@supergraph/runtime/logger.ts'
import { createWakeUp } from '@supergraph/runtime/wake-up.ts'
import { emailChannel } from '../database/announcements.ts'
import type { DueEmail, EmailStore } from '../database/email-store.ts'
import { isRefusal, type Mailer } from './mailer.ts'

/** How long one attempt may take. */
export const defaultSendTimeoutMs = 60_000

const leaseAfterTimeoutMs = 60_000
const maxUnderWay = 10
const pollMs = 5_000
const firstRetryMs = 10_000
const longestRetryMs = 600_000
const stopGraceMs = 3_000

/**
 * Sends the e-mails as they become due, outside of any transaction, at most 10 at a time; several senders may run on
 * one database. An e-mail is sent at least once: killed between sending and recording, it is sent again under the same
 * Message-ID. `stop` waits at most 3 s for what is under way; the rest is tried again later.
 */
export const startEmailSender = async ({
  emails,
  mailer,
  databaseUrl,
  logger,
  sendTimeoutMs = defaultSendTimeoutMs,
}: {
  readonly emails: EmailStore
  readonly mailer: Mailer
  readonly databaseUrl: string
  readonly logger: Logger
  readonly sendTimeoutMs?: number | undefined
}): Promise<Running> => {
  const wakeUp = createWakeUp()
  const stopping = new AbortController()
  const abandoning = new AbortController()
  const underWay = new Set<Promise<void>>()
  const listener = await listen({
    url: databaseUrl,
    channel: emailChannel,
    onNotification: wakeUp.wake,
    onReconnect: wakeUp.wake,
  })
  const tidying = startHourly(emails.tidy, error =>
    logger.warn({ err: error }, 'old e-mails could not be tidied up; the next try is in an hour'),
  )

  const attempt = async (email: DueEmail): Promise<void> => {
    const { id } = email
    try {
      await mailer.send(email, AbortSignal.any([abandoning.signal, AbortSignal.timeout(sendTimeoutMs)]))
    } catch (error) {
      const message = (error instanceof Error ? error.message : String(error)).slice(0, 500)
      const state = await emails.markFailed(email, message, isRefusal(error) ? null : retryMs(email.attempt))
      logger.warn({ emailId: id, attempt: email.attempt, state, error: message }, 'an e-mail was not sent')
      return
    }
    await emails.markSent(id)
  }

  const begin = (email: DueEmail): void => {
    const sending = attempt(email)
      // n.b. its lease runs out, and it is sent again
      .catch((error: unknown) =>
        logger.error({ emailId: email.id, err: error }, 'what became of an e-mail could not be recorded'),
      )
      .finally(() => {
        underWay.delete(sending)
        wakeUp.wake()
      })
    underWay.add(sending)
  }

  /** How long there is nothing to do, unless woken. */
  const sendDue = async (): Promise<number> => {
    const room = maxUnderWay - underWay.size
    if (room === 0) return pollMs
    const { taken, due } = await emails.claim(room, sendTimeoutMs + leaseAfterTimeoutMs)
    for (const email of due) begin(email)
    return taken === room ? 0 : Math.min((await emails.nextDueInMs()) ?? pollMs, pollMs)
  }

  const run = async () => {
    while (!stopping.signal.aborted) {
      const idleMs = await sendDue().catch((error: unknown) => {
        logger.error({ err: error }, 'the due e-mails could not be read; trying again')
        return 1_000
      })
      await wakeUp.wait(idleMs)
    }
  }
  const running = run()

  return {
    stop: async () => {
      stopping.abort()
      wakeUp.wake()
      await listener.stop()
      await running
      const grace = setTimeout(() => abandoning.abort(), stopGraceMs)
      await Promise.allSettled(underWay)
      clearTimeout(grace)
      await tidying.stop()
    },
  }
}

const retryMs = (attempt: number): number =>
  Math.min(firstRetryMs * 2 ** Math.min(attempt - 1, 10), longestRetryMs)
