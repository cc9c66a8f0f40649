import { appendToOutbox } from '@supergraph/messaging/outbox/outbox.ts'
import { affected } from '@supergraph/postgres/statements.ts'
import { uuidv7 } from '@supergraph/runtime/uuid.ts'
import type { DataSource, EntityManager } from 'typeorm'
import { hashOf } from '../domain/refresh-token.ts'
import type { Refusal } from '../domain/refusals.ts'
import { canTakeBack, changeEmail } from '../domain/user.ts'
import { readClock } from './clock.ts'
import { passwordHashOf, replacePassword } from './credential-store.ts'
import { cancelDeletion, postponeDeletion } from './deletion-store.ts'
import { isReserved, ownerOfUndo, spendUndo } from './email-change-undos.ts'
import type { SendLink } from './links.ts'
import { ownerOfToken, revokeToken, type SentTo, spendAddressToken } from './one-time-tokens.ts'
import { endAllSessions, hasEnded } from './session-ends.ts'
import { type UserRow, userTable } from './tables.ts'
import { lockUser } from './user-store.ts'

export type EmailStore = ReturnType<typeof createEmailStore>

/** Whose the e-mail addresses of accounts are. */
export const createEmailStore = (database: DataSource, sendLink: SendLink) => ({
  /** Sends a link to a user's address; returns undefined if there is no such user or the calling session has ended. */
  requestVerification: (
    userId: string,
    callerSessionId: string,
  ): Promise<UserRow | Refusal<'alreadyVerified'> | undefined> =>
    database.transaction(async manager => {
      const user = await lockUser(manager, userId)
      if (user === undefined || (await hasEnded(manager, callerSessionId))) return undefined
      if (user.emailVerified) return { kind: 'alreadyVerified' }
      await sendLink(manager, { userId, purpose: 'email-verification', email: user.email })
      return user
    }),

  /** Notes that a user's address is their own, for a token that was sent there. */
  verify: (token: string): Promise<UserRow | Refusal<'invalidToken'>> =>
    database.transaction(async manager => {
      const hash = hashOf(token)
      const purpose = 'email-verification'
      const userId = await ownerOfToken(manager, hash, purpose)
      const user = userId && (await lockUser(manager, userId))
      if (!user) return { kind: 'invalidToken' }
      // n.b. the user may have another address since
      if ((await spendAddressToken(manager, { hash, userId: user.id, purpose }))?.email !== user.email)
        return { kind: 'invalidToken' }
      await manager.update(userTable, { id: user.id }, { emailVerified: true })
      return { ...user, emailVerified: true }
    }),

  /**
   * Sends a link to the address that a user wants to have. n.b. nobody looks whether it has an account, so that the answer
   * can't tell; whoever uses the link may know
   */
  requestChange: (
    { userId, sessionId, passwordHash }: Asker,
    to: SentTo,
  ): Promise<UserRow | Refusal<'invalidCredentials'> | undefined> =>
    database.transaction(async manager => {
      const user = await lockUser(manager, userId)
      if (user === undefined || (await hasEnded(manager, sessionId))) return undefined
      if ((await passwordHashOf(manager, userId)) !== passwordHash) return { kind: 'invalidCredentials' }
      await sendLink(manager, { userId, purpose: 'email-change', ...to })
      return user
    }),

  /** Gives a user the address that a token was sent to, and lets the earlier one take the account back. */
  confirmChange: (token: string): Promise<UserRow | Refusal<'invalidToken' | 'emailTaken'>> =>
    database
      .transaction(async manager => {
        const hash = hashOf(token)
        const purpose = 'email-change'
        const userId = await ownerOfToken(manager, hash, purpose)
        const user = userId && (await lockUser(manager, userId))
        const to = user && (await spendAddressToken(manager, { hash, userId: user.id, purpose }))
        if (!user || !to || to.email === user.email) return { kind: 'invalidToken' } as const
        const changed = await replaceEmail(manager, user, to)
        if (await isReserved(manager, to.email, user.id)) throw new AddressTaken()
        const { email, shownEmail } = user
        if (canTakeBack(user, await readClock(manager)))
          await sendLink(manager, { userId: user.id, purpose: 'email-change-undo', email, shownEmail })
        await postponeDeletion(manager, user.id)
        return changed
      })
      .catch((error: unknown) => {
        // n.b. the token stays: the address may be free again before it expires
        if (isTaken(error)) return { kind: 'emailTaken' } as const
        throw error
      }),

  /**
   * Gives a user an earlier address back for the token that was sent there, with a password that nobody knows, ends all
   * sessions, cancels a deletion of the account, and has a link sent there to choose another password.
   */
  undoChange: (token: string, passwordHash: string): Promise<UserRow | Refusal<'invalidToken'>> =>
    database.transaction(async manager => {
      const hash = hashOf(token)
      const userId = await ownerOfUndo(manager, hash)
      const user = userId && (await lockUser(manager, userId))
      const to = user && (await spendUndo(manager, { hash, userId: user.id }))
      if (!user || !to) return { kind: 'invalidToken' }
      const changed = await replaceEmail(manager, user, to)
      await replacePassword(manager, user.id, passwordHash)
      // n.b. only the present address was told of it
      await cancelDeletion(manager, user.id)
      await endAllSessions(manager, user.id, 'password-changed')
      await affected(manager, 'insert into password_reset_requests (email) values ($1)', [to.email])
      return changed
    }),

  /** Whether the token of an earlier address works. */
  mayUndo: async (token: string): Promise<boolean> =>
    (await ownerOfUndo(database.manager, hashOf(token))) !== undefined,
})

/** Who asks: a user, signed in by a session, whose password has this hash. */
type Asker = { readonly userId: string; readonly sessionId: string; readonly passwordHash: string }

class AddressTaken extends Error {
  override readonly name = 'AddressTaken'
}

const uniqueViolation = '23505'

const isTaken = (error: unknown): boolean =>
  error instanceof AddressTaken || Object(error).code === uniqueViolation

/** n.b. links that were sent to the address before work no more. */
const replaceEmail = async (manager: EntityManager, user: UserRow, to: SentTo): Promise<UserRow> => {
  const changed = changeEmail(user, to, { eventId: uuidv7(), now: new Date() })
  const { email, shownEmail, emailVerified, version } = changed.user
  await manager.update(userTable, { id: user.id }, { email, shownEmail, emailVerified, version })
  for (const purpose of ['password-reset', 'email-verification', 'email-change'] as const)
    await revokeToken(manager, user.id, purpose)
  await appendToOutbox(manager, changed.events)
  return changed.user
}
