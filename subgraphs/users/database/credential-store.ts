import { row } from '@supergraph/postgres/statements.ts'
import type { DataSource, EntityManager } from 'typeorm'
import { z } from 'zod'
import type { Refusal } from '../domain/refusals.ts'
import { revokeChallenges } from './login-challenges.ts'
import { revokeToken } from './one-time-tokens.ts'
import { endOtherSessions, hasEnded } from './session-ends.ts'
import { type CredentialRow, credentialTable, type UserRow } from './tables.ts'
import { lockUser } from './user-store.ts'

/** The hash of an account's password, and the hash of the next one. */
type PasswordChange = { readonly from: string; readonly to: string }

/** A user with a new password, and how many of their sessions have ended. */
export type PasswordChanged = { readonly user: UserRow; readonly endedSessions: number }

export type CredentialStore = ReturnType<typeof createCredentialStore>

/** The passwords' hashes. */
export const createCredentialStore = (database: DataSource) => ({
  /** The credential of the account with this canonical e-mail address. */
  find: (email: string): Promise<CredentialRow | undefined> =>
    row(
      database,
      z.object({ userId: z.string(), passwordHash: z.string() }),
      `select user_id as "userId", password_hash as "passwordHash"
       from users join credentials on user_id = users.id
       where email = $1`,
      [email],
    ),

  /**
   * Replaces a user's password for one of the user's sessions and ends the others. Refuses if the hash is no longer
   * `from`. Returns undefined if there is no such user or the calling session has ended.
   */
  replace: (
    userId: string,
    callerSessionId: string,
    { from, to }: PasswordChange,
  ): Promise<PasswordChanged | Refusal<'invalidCredentials'> | undefined> =>
    database.transaction(async manager => {
      const user = await lockUser(manager, userId)
      if (user === undefined || (await hasEnded(manager, callerSessionId))) return undefined
      if ((await passwordHashOf(manager, userId)) !== from) return { kind: 'invalidCredentials' }
      await replacePassword(manager, userId, to)
      return {
        user,
        endedSessions: await endOtherSessions(manager, userId, callerSessionId, 'password-changed'),
      }
    }),
})

/** The hash of a user's password. */
export const passwordHashOf = async (manager: EntityManager, userId: string): Promise<string | undefined> =>
  (await manager.findOneBy(credentialTable, { userId }))?.passwordHash

/** Who asks: a user, signed in by a session, whose password has this hash. */
export type Asker = { readonly userId: string; readonly sessionId: string; readonly passwordHash: string }

/** Locks the row of who asks; undefined if there is no such user or the session has ended. Refuses if the password is another one. */
export const lockAsker = async (
  manager: EntityManager,
  { userId, sessionId, passwordHash }: Asker,
): Promise<UserRow | Refusal<'invalidCredentials'> | undefined> => {
  const user = await lockUser(manager, userId)
  if (user === undefined || (await hasEnded(manager, sessionId))) return undefined
  return (await passwordHashOf(manager, userId)) === passwordHash ? user : { kind: 'invalidCredentials' }
}

/**
 * Replaces a user's password. The links to choose one, and to another address, and the logins that wait for a code work no more:
 * who knew the former password may have asked for them.
 */
export const replacePassword = async (
  manager: EntityManager,
  userId: string,
  passwordHash: string,
): Promise<void> => {
  await manager.update(credentialTable, { userId }, { passwordHash })
  for (const purpose of ['password-reset', 'email-change'] as const)
    await revokeToken(manager, userId, purpose)
  await revokeChallenges(manager, userId)
}
