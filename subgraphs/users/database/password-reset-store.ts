import { appendToOutbox } from '@supergraph/messaging/outbox/outbox.ts'
import { affected, row, rows } from '@supergraph/postgres/statements.ts'
import { currentTraceparent, runInTrace } from '@supergraph/runtime/trace-context.ts'
import { uuidv7 } from '@supergraph/runtime/uuid.ts'
import type { DataSource, EntityManager } from 'typeorm'
import { z } from 'zod'
import { createOneTimeToken, passwordResetMinutes, passwordResetRequested } from '../domain/one-time-token.ts'
import { readClock } from './clock.ts'
import { saveToken } from './one-time-tokens.ts'

const maxAtOnce = 100

/** Seals a token for the e-mail to this user. */
export type SealToken = (token: string, userId: string) => string

export type PasswordResetStore = ReturnType<typeof createPasswordResetStore>

/** Who has asked for a new password. */
export const createPasswordResetStore = (database: DataSource) => ({
  /** Notes that somebody asks for a new password for this canonical address. n.b. it does not look who has the address */
  request: async (email: string): Promise<void> => {
    await affected(database, `insert into password_reset_requests (email, traceparent) values ($1, $2)`, [
      email,
      currentTraceparent() ?? null,
    ])
  },

  /** Whose password a token may change now: the texts that must not be the password; undefined if it may change none. */
  ownerOf: (hash: string): Promise<TokenOwner | undefined> =>
    row(
      database,
      tokenOwner,
      `select users.id, email, shown_email as "shownEmail", name
       from one_time_tokens join users on users.id = user_id
       where hash = $1 and purpose = 'password-reset' and expires_at > clock_timestamp()`,
      [hash],
    ),
})

const tokenOwner = z.object({
  id: z.string(),
  email: z.string(),
  shownEmail: z.string().nullable(),
  name: z.string(),
})

export type TokenOwner = Readonly<z.output<typeof tokenOwner>>

/**
 * Makes a token for each account among the oldest requests, announces it sealed, and forgets these requests, also those that came
 * too long ago or name an address that nobody has. Returns how many requests there were, 100 at most.
 */
export const answerRequests = (database: DataSource, seal: SealToken): Promise<number> =>
  database.transaction(async manager => {
    const requests = await takeRequests(manager)
    if (requests.length === 0) return 0
    const newest = new Map(requests.map(request => [request.email, request]))
    const now = await readClock(manager)
    for (const { userId, email } of await accountsOf(manager, [...newest.keys()])) {
      const { requestedAt = now, traceparent } = newest.get(email) ?? {}
      const expiresAt = new Date(requestedAt.getTime() + passwordResetMinutes * 60_000)
      const { token, hash } = createOneTimeToken()
      if (expiresAt <= now) continue
      if (!(await saveToken(manager, { hash, userId, purpose: 'password-reset', expiresAt }))) continue
      const sealedToken = seal(token, userId)
      const event = passwordResetRequested({ userId, sealedToken, expiresAt }, { eventId: uuidv7(), now })
      await runInTrace(traceparent, () => appendToOutbox(manager, [event]))
    }
    return requests.length
  })

const takenRequest = z.object({
  email: z.string(),
  requestedAt: z.date(),
  traceparent: z.string().nullable(),
})

/** Takes the oldest requests, in their order. */
const takeRequests = (manager: EntityManager) =>
  rows(
    manager,
    takenRequest,
    `with taken as (
       delete from password_reset_requests where id = any (array(
         select id from password_reset_requests order by id limit $1 for update skip locked))
       returning *)
     select email, requested_at as "requestedAt", traceparent from taken order by requested_at, id`,
    [maxAtOnce],
  )

/** n.b. in the order of the users, so that two processes that save tokens at once can't deadlock. */
const accountsOf = (manager: EntityManager, emails: readonly string[]) =>
  rows(
    manager,
    z.object({ userId: z.string(), email: z.string() }),
    `select id as "userId", email from users where email = any ($1) order by id`,
    [emails],
  )
