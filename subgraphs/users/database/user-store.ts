import type { Envelope } from '@supergraph/messaging/envelope.ts'
import { appendToOutbox } from '@supergraph/messaging/outbox/outbox.ts'
import { affected, rows } from '@supergraph/postgres/statements.ts'
import { uuidv7 } from '@supergraph/runtime/uuid.ts'
import { type DataSource, type EntityManager, LessThan } from 'typeorm'
import { changeProfile, type Profile, type User } from '../domain/user.ts'
import { isReserved } from './email-change-undos.ts'
import { credentialTable, type UserRow, userColumns, userRow, userTable } from './tables.ts'

/** A new account, and the events that announce it. */
export type NewAccount = {
  readonly user: User
  readonly events: readonly Envelope[]
  readonly passwordHash: string
}

export type UserStore = ReturnType<typeof createUserStore>

/** The accounts. */
export const createUserStore = (database: DataSource) => ({
  /** Changes a profile; returns undefined if there is no such user. */
  changeProfile: (id: string, profile: Profile): Promise<UserRow | undefined> =>
    database.transaction(async manager => {
      const user = await lockUser(manager, id)
      if (user === undefined) return undefined
      const changed = changeProfile(user, profile, { eventId: uuidv7(), now: new Date() })
      if (changed.events.length === 0) return user
      const { name, locale, version } = changed.user
      await manager.update(userTable, { id }, { name, locale, version })
      await appendToOutbox(manager, changed.events)
      return changed.user
    }),

  /** The users with these ids, in any order. */
  load: (ids: readonly string[]): Promise<readonly UserRow[]> =>
    rows(database, userRow, `select ${userColumns} from users where id = any ($1::uuid[])`, [ids]),

  /** At most `limit` users, newest first, that come after `afterId`. */
  page: (limit: number, afterId: string | undefined): Promise<readonly UserRow[]> =>
    // n.b. ids are UUIDv7 of the moment of registration: they are in the order of time
    database.getRepository(userTable).find({
      where: afterId === undefined ? {} : { id: LessThan(afterId) },
      order: { id: 'desc' },
      take: limit,
    }),
})

/** Saves an account and its events in the caller's transaction; returns false if its e-mail address has an account already. */
export const insertAccount = async (
  manager: EntityManager,
  { user, events, passwordHash }: NewAccount,
): Promise<boolean> => {
  const inserted = await affected(
    manager,
    `insert into users (id, email, shown_email, name, role, locale, created_at, version, email_verified)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9) on conflict (email) do nothing`,
    [
      user.id,
      user.email,
      user.shownEmail,
      user.name,
      user.role,
      user.locale,
      user.createdAt,
      user.version,
      user.emailVerified,
    ],
  )
  if (inserted === 0) return false
  // n.b. afterwards: the insertion may have waited for the change that has set the address free
  if (await isReserved(manager, user.email, user.id)) {
    await manager.delete(userTable, { id: user.id })
    return false
  }
  await manager.insert(credentialTable, { userId: user.id, passwordHash })
  await appendToOutbox(manager, events)
  return true
}

/** Reads a user and keeps others from changing it or its address book until the transaction ends. */
export const lockUser = async (manager: EntityManager, id: string): Promise<UserRow | undefined> =>
  (await manager.findOne(userTable, { where: { id }, lock: { mode: 'pessimistic_write' } })) ?? undefined
