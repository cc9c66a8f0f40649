import type { DataSource, EntityManager } from 'typeorm'
import { type LastAdmin, lastAdmin, type UserNotFound, userNotFound } from '../domain/refusals.ts'
import type { Role } from '../domain/role.ts'
import { passwordHashOf } from './credential-store.ts'
import { endAllSessions, hasEnded } from './session-ends.ts'
import { type CredentialRow, CredentialTable, type UserRow, UserTable } from './tables.ts'
import { insertAccount, lockUser, type NewAccount } from './user-store.ts'

export type RoleStore = ReturnType<typeof createRoleStore>

/** How an account became an admin's: opened, promoted, or it was one and has a new password. */
export type Appointment = 'created' | 'promoted' | 'renewed'

const rolesKey = 4_001_003

/** The users' roles; their changes come one after the other, so that none takes the last admin away. */
export const createRoleStore = (database: DataSource) => ({
  /** Gives a user a role and ends their sessions, on behalf of a session; undefined where that one is over. */
  set: (
    userId: string,
    role: Role,
    askingId: string,
  ): Promise<UserRow | UserNotFound | LastAdmin | undefined> =>
    inTurn(database, async manager => {
      if (await hasEnded(manager, askingId)) return undefined
      const user = await lockUser(manager, userId)
      if (user === undefined) return userNotFound
      if (user.role === 'ADMIN' && role !== 'ADMIN' && (await countAdmins(manager)) < 2) return lastAdmin
      return changeRole(manager, user, role)
    }),

  hasAdmin: async (): Promise<boolean> => (await countAdmins(database.manager)) > 0,

  /**
   * Makes a user the first admin whose password still has this hash; false where it hasn't, or where there is an
   * admin.
   */
  promoteFirst: ({ userId, passwordHash }: CredentialRow): Promise<boolean> =>
    inTurn(database, async manager => {
      if ((await countAdmins(manager)) > 0) return false
      const user = await lockUser(manager, userId)
      if (user === undefined || (await passwordHashOf(manager, userId)) !== passwordHash) return false
      await changeRole(manager, user, 'ADMIN')
      return true
    }),

  /** Saves the first admin's account; false where its e-mail address has an account, or where there is an admin. */
  insertFirst: (account: NewAccount): Promise<boolean> =>
    inTurn(
      database,
      async manager => (await countAdmins(manager)) === 0 && (await insertAccount(manager, account)),
    ),

  /**
   * Saves an admin's account. Where its e-mail address has one, that one becomes an admin's instead: it gets the
   * password, and all its sessions end.
   */
  appoint: (account: NewAccount): Promise<Appointment> =>
    inTurn(database, async manager => {
      if (await insertAccount(manager, account)) return 'created'
      const { id } = await manager.findOneByOrFail(UserTable, { email: account.user.email })
      const user = await lockUser(manager, id)
      if (user === undefined) throw new Error(`${account.user.email} was deleted just now: try again`)
      await manager.update(CredentialTable, { userId: id }, { passwordHash: account.passwordHash })
      await manager.update(UserTable, { id }, { role: 'ADMIN' })
      const wasAdmin = user.role === 'ADMIN'
      await endAllSessions(manager, id, wasAdmin ? 'password-changed' : 'role-changed')
      return wasAdmin ? 'renewed' : 'promoted'
    }),
})

const inTurn = <Result>(database: DataSource, work: (manager: EntityManager) => Promise<Result>) =>
  database.transaction(async manager => {
    await manager.query('select pg_advisory_xact_lock($1)', [rolesKey])
    return work(manager)
  })

const countAdmins = (manager: EntityManager): Promise<number> => manager.countBy(UserTable, { role: 'ADMIN' })

const changeRole = async (manager: EntityManager, user: UserRow, role: Role): Promise<UserRow> => {
  if (user.role === role) return user
  await manager.update(UserTable, { id: user.id }, { role })
  await endAllSessions(manager, user.id, 'role-changed')
  return { ...user, role }
}
