import type { DataSource, EntityManager } from 'typeorm'
import type { Refusal } from '../domain/refusals.ts'
import type { Role } from '../domain/role.ts'
import { passwordHashOf, replacePassword } from './credential-store.ts'
import { oneAtATime } from './one-at-a-time.ts'
import { endAllSessions, hasEnded } from './session-ends.ts'
import { type CredentialRow, type UserRow, userTable } from './tables.ts'
import { insertAccount, lockUser, type NewAccount } from './user-store.ts'

export type RoleStore = ReturnType<typeof createRoleStore>

/** How an account became an admin's: it was opened or promoted, or it was an admin's and has a new password. */
export type Appointment = 'created' | 'promoted' | 'renewed'

const rolesKey = 4_001_003

/** The users' roles; changes of roles run one after the other, so that two of them can't remove the last admin. */
export const createRoleStore = (database: DataSource) => ({
  /** Gives a user a role and ends their sessions; returns undefined if the caller's session has ended. */
  set: (
    userId: string,
    role: Role,
    callerSessionId: string,
  ): Promise<UserRow | Refusal<'userNotFound' | 'lastAdmin'> | undefined> =>
    oneAtATime(database, rolesKey, async manager => {
      if (await hasEnded(manager, callerSessionId)) return undefined
      const user = await lockUser(manager, userId)
      if (user === undefined) return { kind: 'userNotFound' }
      if (user.role === 'ADMIN' && role !== 'ADMIN' && (await countAdmins(manager)) < 2)
        return { kind: 'lastAdmin' }
      return changeRole(manager, user, role)
    }),

  hasAdmin: async (): Promise<boolean> => (await countAdmins(database.manager)) > 0,

  /** Makes a user the first admin; returns false if the password has another hash, or if there is an admin. */
  promoteFirst: ({ userId, passwordHash }: CredentialRow): Promise<boolean> =>
    oneAtATime(database, rolesKey, async manager => {
      if ((await countAdmins(manager)) > 0) return false
      const user = await lockUser(manager, userId)
      if (user === undefined || (await passwordHashOf(manager, userId)) !== passwordHash) return false
      await changeRole(manager, user, 'ADMIN')
      return true
    }),

  /** Saves the first admin's account; returns false if its e-mail address has an account, or if there is an admin. */
  insertFirst: (account: NewAccount): Promise<boolean> =>
    oneAtATime(
      database,
      rolesKey,
      async manager => (await countAdmins(manager)) === 0 && (await insertAccount(manager, account)),
    ),

  /**
   * Saves an admin's account. If its e-mail address has an account already, that account becomes an admin's: it gets
   * the password, and all its sessions end.
   */
  appoint: (account: NewAccount): Promise<Appointment> =>
    oneAtATime(database, rolesKey, async manager => {
      if (await insertAccount(manager, account)) return 'created'
      const { id } = await manager.findOneByOrFail(userTable, { email: account.user.email })
      const user = await lockUser(manager, id)
      if (user === undefined) throw new Error(`${account.user.email} was deleted just now: try again`)
      await replacePassword(manager, id, account.passwordHash)
      await manager.update(userTable, { id }, { role: 'ADMIN' })
      const wasAdmin = user.role === 'ADMIN'
      await endAllSessions(manager, id, wasAdmin ? 'password-changed' : 'role-changed')
      return wasAdmin ? 'renewed' : 'promoted'
    }),
})

const countAdmins = (manager: EntityManager): Promise<number> => manager.countBy(userTable, { role: 'ADMIN' })

const changeRole = async (manager: EntityManager, user: UserRow, role: Role): Promise<UserRow> => {
  if (user.role === role) return user
  await manager.update(userTable, { id: user.id }, { role })
  await endAllSessions(manager, user.id, 'role-changed')
  return { ...user, role }
}
