import { rows } from '@supergraph/postgres/statements.ts'
import { ExpectedError } from '@supergraph/runtime/expected-error.ts'
import type { Staff } from '@supergraph/subgraph/staff.ts'
import type { DataSource, EntityManager } from 'typeorm'
import { z } from 'zod'
import type { Refusal } from '../domain/refusals.ts'
import type { Role } from '../domain/role.ts'
import { type OwnAct, recordOwnAct } from './audit-store.ts'
import { passwordHashOf, replacePassword } from './credential-store.ts'
import { isReserved } from './email-change-undos.ts'
import { oneAtATime } from './one-at-a-time.ts'
import { endAllSessions, hasEnded } from './session-ends.ts'
import { type CredentialRow, type UserRow, userTable } from './tables.ts'
import { switchTotpOff } from './totp-changes.ts'
import { insertAccount, lockUser, type NewAccount } from './user-store.ts'

/** An address that its account had until a few days ago, and that can take that account back. */
class AddressReserved extends ExpectedError {
  override readonly name = 'AddressReserved'
}

export type RoleStore = ReturnType<typeof createRoleStore>

/** How an account became an admin's: it was opened or promoted, or it was an admin's and has a new password. */
export type Appointment = 'created' | 'promoted' | 'renewed'

/** Under which changes of roles run one after the other. */
export const rolesKey = 4_001_003

/** The users' roles; changes of roles run one after the other, so that two of them can't remove the last admin. */
export const createRoleStore = (database: DataSource) => ({
  /** Gives a user a role, which the audit log is told, and ends their sessions; returns undefined if the caller's session has ended. */
  set: (
    userId: string,
    role: Role,
    { staff, reason }: { readonly staff: Staff; readonly reason: string | null },
  ): Promise<UserRow | Refusal<'userNotFound' | 'lastAdmin'> | undefined> =>
    oneAtATime(database, rolesKey, async manager => {
      if (await hasEnded(manager, staff.sessionId)) return undefined
      const user = await lockUser(manager, userId)
      if (user === undefined) return { kind: 'userNotFound' }
      if (user.role === 'ADMIN' && role !== 'ADMIN' && (await countAdmins(manager)) < 2)
        return { kind: 'lastAdmin' }
      return changeRole(manager, user, role, { ...staff, act: 'setUserRole', reason })
    }),

  hasAdmin: async (): Promise<boolean> => (await countAdmins(database.manager)) > 0,

  /** Makes a user the first admin; returns false if the password has another hash, or if there is an admin. */
  promoteFirst: ({ userId, passwordHash }: CredentialRow): Promise<boolean> =>
    oneAtATime(database, rolesKey, async manager => {
      if ((await countAdmins(manager)) > 0) return false
      const user = await lockUser(manager, userId)
      if (user === undefined || (await passwordHashOf(manager, userId)) !== passwordHash) return false
      await changeRole(manager, user, 'ADMIN', { ...byOperator, act: 'ADMIN_EMAIL' })
      return true
    }),

  /**
   * Saves the first admin's account; returns false if its e-mail address has an account, or if there is an admin. Throws
   * AddressReserved.
   */
  insertFirst: (account: NewAccount): Promise<boolean> =>
    oneAtATime(database, rolesKey, async manager => {
      await refuseReserved(manager, account)
      if ((await countAdmins(manager)) > 0 || !(await insertAccount(manager, account))) return false
      await recordRole(manager, account.user.id, null, { ...byOperator, act: 'ADMIN_EMAIL' })
      return true
    }),

  /**
   * Saves an admin's account. If its e-mail address has an account already, that account becomes an admin's: it gets
   * the password, is asked for no code, and all its sessions end. Throws AddressReserved.
   */
  appoint: (account: NewAccount): Promise<Appointment> =>
    oneAtATime(database, rolesKey, async manager => {
      const act = { ...byOperator, act: 'admin:create' }
      await refuseReserved(manager, account)
      if (await insertAccount(manager, account)) {
        await recordRole(manager, account.user.id, null, act)
        return 'created'
      }
      const { id } = await manager.findOneByOrFail(userTable, { email: account.user.email })
      const user = await lockUser(manager, id)
      if (user === undefined) throw new Error(`${account.user.email} was deleted just now: try again`)
      await replacePassword(manager, id, account.passwordHash)
      await manager.update(userTable, { id }, { role: 'ADMIN' })
      if (user.totpSince !== null) await switchTotpOff(manager, user, { ...byOperator, act: 'admin:create' })
      const wasAdmin = user.role === 'ADMIN'
      await recordRole(manager, id, user.role, act)
      await endAllSessions(manager, id, wasAdmin ? 'password-changed' : 'role-changed')
      return wasAdmin ? 'renewed' : 'promoted'
    }),
})

const refuseReserved = async (manager: EntityManager, { user: { id, email } }: NewAccount): Promise<void> => {
  if (await isReserved(manager, email, id))
    throw new AddressReserved(
      `${email} was the address of an account within the last 7 days, which it can take back: name another address, or wait`,
    )
}

/** n.b. whoever runs the shop has no account there. */
const byOperator = { actorId: null, sessionId: null, clientAddress: null, reason: null } as const

type RoleAct = Omit<OwnAct, 'about' | 'before' | 'after'>

const recordRole = (
  manager: EntityManager,
  id: string,
  before: Role | null,
  act: RoleAct,
  role: Role = 'ADMIN',
): Promise<void> =>
  recordOwnAct(manager, {
    ...act,
    about: { kind: 'USER', id },
    before: before && { role: before },
    after: { role },
  })

/** How many admins there are, without those whose account is to be deleted. */
export const countAdmins = async (manager: EntityManager): Promise<number> => {
  const admins = await rows(
    manager,
    z.object({}),
    `select from users where role = 'ADMIN'
       and not exists (select from account_deletions where account_deletions.user_id = users.id)`,
  )
  return admins.length
}

const changeRole = async (
  manager: EntityManager,
  user: UserRow,
  role: Role,
  act: RoleAct,
): Promise<UserRow> => {
  if (user.role === role) return user
  await recordRole(manager, user.id, user.role, act, role)
  await manager.update(userTable, { id: user.id }, { role })
  await endAllSessions(manager, user.id, 'role-changed')
  return { ...user, role }
}
