import { listen } from '@supergraph/postgres/listen.ts'
import { messageOf } from '@supergraph/runtime/error-text.ts'
import { type Running, startAll } from '@supergraph/runtime/lifecycle.ts'
import type { Logger } from '@supergraph/runtime/logger.ts'
import { startLoop } from '@supergraph/runtime/loop.ts'
import { createTurns } from '@supergraph/runtime/turns.ts'
import type { Span } from '@supergraph/telemetry/span.ts'
import { emailChannel } from '../database/announcements.ts'
import type { DeletedUserStore } from '../database/deleted-user-store.ts'
import type { DueEmail, EmailStore } from '../database/email-store.ts'
import { type EmailContent, emailContent } from '../domain/email.ts'
import { inMailSpan } from './mail-span.ts'
import type { MailThrottle } from './mail-throttle.ts'
import { isRefusal, type Mailer } from './mailer.ts'

/** One attempt may take this long. */
export const defaultSendTimeoutMs = 60_000

const leaseAfterTimeoutMs = 60_000
const maxAtOnce = 10
const pollMs = 5_000
const tidyEveryMs = 3_600_000
const firstRetryMs = 10_000
const longestRetryMs = 600_000
const stopGraceMs = 3_000

type Sender = {
  readonly emails: EmailStore
  readonly deletedUsers: DeletedUserStore
  readonly mailer: Mailer
  readonly throttle: MailThrottle
  readonly logger: Logger
}

/**
 * Sends the e-mails as they become due, outside of any transaction, at most 10 at a time; several senders may run on
 * one database. An e-mail is sent at least once: if the process is killed after sending and before recording, the e-mail
 * is sent again under the same Message-ID. `stop` waits at most 3 s for the attempts under way; an attempt that it ends
 * is repeated later.
 */
export const startEmailSender = ({
  databaseUrl,
  sendTimeoutMs = defaultSendTimeoutMs,
  ...sender
}: Sender & {
  readonly databaseUrl: string
  readonly sendTimeoutMs?: number | undefined
}): Promise<Running> =>
  startAll(async use => {
    const { emails, deletedUsers, logger } = sender
    const turns = createTurns({ atOnce: maxAtOnce })
    const abandoning = new AbortController()
    let waitsForTurn = false

    /** Begins to send what is due; returns how long there is nothing to do, unless woken. */
    const sendDue = async (): Promise<number> => {
      const free = turns.free()
      waitsForTurn = free === 0
      if (waitsForTurn) return pollMs
      const { taken, due } = await emails.claim(free, sendTimeoutMs + leaseAfterTimeoutMs)
      for (const email of due) {
        const signal = AbortSignal.any([abandoning.signal, AbortSignal.timeout(sendTimeoutMs)])
        turns
          .run(() => attempt(sender, email, signal))
          .catch((error: unknown) =>
            // n.b. the e-mail's lease runs out, and the e-mail is sent again
            logger.error({ emailId: email.id, err: error }, 'what became of an e-mail could not be recorded'),
          )
          .finally(() => {
            if (waitsForTurn) loop.wake()
          })
      }
      return taken === free ? 0 : Math.min((await emails.nextDueInMs()) ?? pollMs, pollMs)
    }

    use(
      startLoop({
        everyMs: tidyEveryMs,
        work: async () => {
          await emails.tidy()
          await deletedUsers.finish()
        },
        onError: error =>
          logger.warn({ err: error }, 'old e-mails could not be tidied up; the next try is in an hour'),
      }),
    )
    use({ stop: () => finish(turns.idle(), abandoning) })
    const loop = use(
      startLoop({
        everyMs: pollMs,
        retryMs: 1_000,
        work: sendDue,
        onError: error => logger.error({ err: error }, 'the due e-mails could not be read; trying again'),
      }),
    )
    use(await listen({ url: databaseUrl, channel: emailChannel, onNotification: loop.wake }))
    loop.wake()
    return {}
  })

/** Tries to send an e-mail once, unless its reader got too many, and records the result. */
const attempt = async (sender: Sender, email: DueEmail, signal: AbortSignal): Promise<void> => {
  const kind = emailContent.safeParse(email.payload).data?.kind
  await inMailSpan(email, kind, span => send(sender, email, { kind, signal, span }))
  // n.b. a process that is killed before leaves it to the next hour
  if (kind === 'ACCOUNT_DELETED') await sender.deletedUsers.finish()
}

const send = async (
  sender: Sender,
  email: DueEmail,
  {
    kind,
    signal,
    span,
  }: {
    readonly kind: EmailContent['kind'] | undefined
    readonly signal: AbortSignal
    readonly span: Span | undefined
  },
): Promise<void> => {
  const { emails, mailer, throttle, logger } = sender
  if (kind !== undefined && (await isHeldBack(sender, email, kind))) {
    span?.set('supergraph.email.is_held_back', true)
    return
  }
  try {
    await mailer.send(email, signal)
  } catch (error) {
    span?.fail(error)
    if (kind !== undefined) await throttle.giveBack(kind, email.address)
    const message = messageOf(error).slice(0, 500)
    const state = await emails.markFailed(email, message, isRefusal(error) ? null : retryMs(email.attempt))
    const { id: emailId, attempt } = email
    const { code, responseCode } = Object(error)
    // n.b. a mail server's words, which the row keeps, may quote the address
    logger.warn({ emailId, attempt, state, code, responseCode }, 'an e-mail was not sent')
    return
  }
  await emails.markSent(email.id)
}

/** Holds back an e-mail to someone who got too many; a welcome is dropped, since the newest says what all of them say. */
const isHeldBack = async (
  { emails, throttle, logger }: Sender,
  email: DueEmail,
  kind: EmailContent['kind'],
): Promise<boolean> => {
  const waitMs = await throttle.take(kind, email.address)
  if (waitMs === 0) return false
  const state = await emails.markHeldBack(email, kind === 'WELCOME' ? null : waitMs)
  logger.warn(
    { emailId: email.id, kind, state, waitMs },
    'an e-mail is not sent now, since there are too many to its address',
  )
  return true
}

const finish = async (idle: Promise<void>, abandoning: AbortController): Promise<void> => {
  const grace = setTimeout(() => abandoning.abort(), stopGraceMs)
  await idle
  clearTimeout(grace)
}

const retryMs = (attempt: number): number =>
  Math.min(firstRetryMs * 2 ** Math.min(attempt - 1, 10), longestRetryMs)
