import type { DataSource, EntityManager } from 'typeorm'
import { type InvalidCredentials, invalidCredentials } from '../domain/refusals.ts'
import { endOtherSessions, hasEnded } from './session-ends.ts'
import { type CredentialRow, CredentialTable, type UserRow } from './tables.ts'
import { lockUser } from './user-store.ts'

/** Another password for an account, as hashes. */
export type PasswordChange = { readonly from: string; readonly to: string }

export type CredentialStore = ReturnType<typeof createCredentialStore>

/** The passwords' hashes. */
export const createCredentialStore = (database: DataSource) => ({
  /** The credential of the account with this normalised e-mail address. */
  find: async (email: string): Promise<CredentialRow | undefined> => {
    const [credential]: readonly CredentialRow[] = await database.query(
      `select user_id as "userId", password_hash as "passwordHash"
       from users join credentials on user_id = users.id
       where email = $1`,
      [email],
    )
    return credential
  },

  /**
   * Replaces a user's password, on behalf of one session, and ends the user's others; refused where the hash is not
   * `from` any more, undefined where there is no such user or the asking session is over itself.
   */
  replace: (
    userId: string,
    askingId: string,
    { from, to }: PasswordChange,
  ): Promise<{ readonly user: UserRow; readonly endedSessions: number } | InvalidCredentials | undefined> =>
    database.transaction(async manager => {
      const user = await lockUser(manager, userId)
      if (user === undefined || (await hasEnded(manager, askingId))) return undefined
      if ((await passwordHashOf(manager, userId)) !== from) return invalidCredentials
      await manager.update(CredentialTable, { userId }, { passwordHash: to })
      return { user, endedSessions: await endOtherSessions(manager, userId, askingId, 'password-changed') }
    }),
})

/** The hash of a user's password. */
export const passwordHashOf = async (manager: EntityManager, userId: string): Promise<string | undefined> =>
  (await manager.findOneBy(CredentialTable, { userId }))?.passwordHash
