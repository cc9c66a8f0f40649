import { z } from 'zod'
import { waitUntil } from '../../testbed/waiting.ts'
import type { FaultSystem } from '../fault-system.ts'

/** What became of the e-mails that customers should get. */
export type Posted = {
  readonly written: number
  /** E-mails that were not sent, or did not arrive. */
  readonly lost: number
  /** E-mails that arrived at somebody else's address. */
  readonly misdirected: number
  readonly problems: readonly string[]
}

const sentWithinMs = 120_000
const pollMs = 250
const shownEmails = 5
// n.b. equal to what the mailbox keeps: of older e-mails we know only that they were sent
const mailboxKeeps = 500

/**
 * Compares the e-mails since then with the notifications, and with what has arrived in the mailbox; waits up to 2 minutes
 * for those still to be sent.
 */
export const compareEmails = async (system: FaultSystem, since: string): Promise<Posted> => {
  let emails: readonly Email[] = []
  await waitUntil(
    'every e-mail is sent',
    async () => {
      await endStaleLeases(system)
      emails = await readEmails(system, since)
      return emails.every(({ state }) => state === 'SENT')
    },
    { timeoutMs: sentWithinMs, pollMs },
  ).catch(() => {})
  const unsent = emails.filter(({ state }) => state !== 'SENT')
  const unwritten = await countUnwritten(system, since)
  const { unarrived, misdirected } = compareMailbox(
    emails,
    await readAddresses(system),
    await readMailbox(system),
  )
  return {
    written: emails.length,
    lost: unsent.length + unwritten + unarrived.length,
    misdirected: misdirected.length,
    problems: [
      ...unsent
        .slice(0, shownEmails)
        .map(({ id, state, error }) => `e-mail ${id} is ${state}: ${error} (${unsent.length} such)`),
      ...(unwritten > 0 ? [`${unwritten} notifications without an e-mail`] : []),
      ...unarrived
        .slice(0, shownEmails)
        .map(({ id }) => `e-mail ${id} is SENT and has not arrived (${unarrived.length} such)`),
      ...misdirected
        .slice(0, shownEmails)
        .map(({ messageId, to }) => `message ${messageId} is not for ${to.join(', ')}`),
    ],
  }
}

type Email = {
  readonly id: string
  readonly userId: string
  readonly subject: string
  readonly state: string
  readonly error: string | null
}

const readEmails = ({ database }: FaultSystem, since: string): Promise<readonly Email[]> =>
  database.query<Email>(
    'notifications',
    `select id, user_id as "userId", subject, state, last_error as error from emails where created_at >= $1`,
    [since],
  )

/** The number of notifications that have no e-mail. */
const countUnwritten = async ({ database }: FaultSystem, since: string): Promise<number> => {
  const [row] = await database.query<{ count: number }>(
    'notifications',
    `select count(*)::int as count from notifications where created_at >= $1 and not exists (
       select from emails where emails.event_id = notifications.event_id and emails.user_id = notifications.user_id)`,
    [since],
  )
  return row?.count ?? 0
}

/**
 * Gives back what a sender took more than 3 s ago, as its lease does by itself once 2 minutes are up. A lease is longer
 * than any pause between attempts that the scenarios last for.
 */
const endStaleLeases = async ({ database }: FaultSystem): Promise<void> => {
  const ended = await database.query(
    'notifications',
    `update emails set due_at = now() where state = 'PENDING' and attempts > 0
     and due_at between now() + interval '45 s' and now() + interval '117 s' returning id`,
  )
  if (ended.length > 0) await database.query('notifications', `select pg_notify('emails', '')`)
}

/** The users' e-mail addresses, from the service that owns them. */
const readAddresses = async ({ database }: FaultSystem): Promise<ReadonlyMap<string, string>> => {
  const rows = await database.query<{ id: string; email: string }>('users', 'select id, email from users')
  return new Map(rows.map(({ id, email }) => [id, email]))
}

const message = z.object({
  messageId: z.string(),
  to: z.array(z.string()).readonly(),
  subject: z.string(),
  receivedAt: z.string(),
})

type Message = z.output<typeof message>

const readMailbox = async ({ originOf }: FaultSystem): Promise<readonly Message[]> => {
  const response = await fetch(new URL('/messages', originOf('mailbox')))
  return z.array(message).parse(await response.json())
}

/** n.b. two messages with one Message-ID are one e-mail: a sender may have been killed before it recorded the first. */
const compareMailbox = (
  emails: readonly Email[],
  addressOf: ReadonlyMap<string, string>,
  messages: readonly Message[],
): { readonly unarrived: readonly Email[]; readonly misdirected: readonly Message[] } => {
  const emailOf = new Map(emails.map(email => [messageIdOf(email), email]))
  const arrived = new Set(messages.map(({ messageId }) => messageId))
  const own = messages.flatMap(received => {
    const email = emailOf.get(received.messageId)
    return email === undefined ? [] : [{ received, email }]
  })
  // n.b. if the mailbox still holds older e-mails, it has deleted none of these
  const isComplete = messages.length < mailboxKeeps || own.length < messages.length
  return {
    unarrived: isComplete
      ? emails.filter(email => email.state === 'SENT' && !arrived.has(messageIdOf(email)))
      : [],
    misdirected: own.flatMap(({ received, email }) => {
      const isRight = received.to.join() === addressOf.get(email.userId) && received.subject === email.subject
      return isRight ? [] : [received]
    }),
  }
}

const messageIdOf = ({ id }: Email): string => `<${id}@example.com>`
