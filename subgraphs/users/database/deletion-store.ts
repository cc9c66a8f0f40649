import { appendToOutbox } from '@supergraph/messaging/outbox/outbox.ts'
import { affected, row, rows } from '@supergraph/postgres/statements.ts'
import { uuidv7 } from '@supergraph/runtime/uuid.ts'
import type { DataSource, EntityManager } from 'typeorm'
import { z } from 'zod'
import { deletionCancelled, deletionRequested, userDeleted } from '../domain/deletion.ts'
import type { Refusal } from '../domain/refusals.ts'
import { readClock } from './clock.ts'
import { passwordHashOf } from './credential-store.ts'
import { oneAtATime } from './one-at-a-time.ts'
import { countAdmins, rolesKey } from './role-store.ts'
import { endAllSessions, hasEnded } from './session-ends.ts'
import { type UserRow, userTable } from './tables.ts'
import { lockUser } from './user-store.ts'

const deletion = z.object({
  userId: z.string(),
  requestedAt: z.date(),
  dueAt: z.date(),
  carriedOutAt: z.date().nullable(),
  ordersForgotAt: z.date().nullable(),
  notificationsForgotAt: z.date().nullable(),
})

/** How far the deletion of an account is. */
export type DeletionRow = Readonly<z.output<typeof deletion>>

/** A service that forgets people, and tells when it has. */
export type Forgetter = 'orders' | 'notifications'

/** Who asks: a user, signed in by a session, whose password has this hash. */
type Asker = { readonly userId: string; readonly sessionId: string; readonly passwordHash: string }

export type DeletionStore = ReturnType<typeof createDeletionStore>

/** The deletions of accounts. */
export const createDeletionStore = (database: DataSource) => ({
  /**
   * Notes that an account is to be deleted after `graceSeconds`, but not while an earlier address can take it back, and ends all
   * its sessions; again changes no date. Returns when, or undefined if the calling session has ended.
   */
  request: (
    { userId, sessionId, passwordHash }: Asker,
    graceSeconds: number,
  ): Promise<Date | Refusal<'invalidCredentials' | 'lastAdmin'> | undefined> =>
    oneAtATime(database, rolesKey, async manager => {
      const user = await lockUser(manager, userId)
      if (user === undefined || (await hasEnded(manager, sessionId))) return undefined
      if ((await passwordHashOf(manager, userId)) !== passwordHash) return { kind: 'invalidCredentials' }
      const known = (await load(manager, [userId]))[0]
      if (known !== undefined) return known.dueAt
      if (user.role === 'ADMIN' && (await countAdmins(manager)) < 2) return { kind: 'lastAdmin' }
      const now = await readClock(manager)
      await affected(
        manager,
        'insert into account_deletions (user_id, requested_at, due_at) values ($1, $2, $3)',
        [userId, now, new Date(now.getTime() + graceSeconds * 1_000)],
      )
      await postponeDeletion(manager, userId)
      const dueAt = (await load(manager, [userId]))[0]?.dueAt ?? now
      await endAllSessions(manager, userId, 'logout')
      await appendToOutbox(manager, [deletionRequested({ userId, dueAt }, { eventId: uuidv7(), now })])
      return dueAt
    }),

  /** Keeps an account that was to be deleted; returns undefined if there is no such user or the calling session has ended. */
  cancel: ({
    userId,
    sessionId,
  }: Pick<Asker, 'userId' | 'sessionId'>): Promise<UserRow | Refusal<'noDeletion'> | undefined> =>
    database.transaction(async manager => {
      const user = await lockUser(manager, userId)
      if (user === undefined || (await hasEnded(manager, sessionId))) return undefined
      return (await cancelDeletion(manager, userId)) ? user : { kind: 'noDeletion' }
    }),

  /** The deletions of these accounts. */
  load: (userIds: readonly string[]): Promise<readonly DeletionRow[]> => load(database.manager, userIds),

  /** Those that a service has not confirmed yet, the longest due first; at most 100. */
  underWay: (): Promise<readonly DeletionRow[]> =>
    rows(
      database,
      deletion,
      `select ${columns} from account_deletions
       where orders_forgot_at is null or notifications_forgot_at is null order by due_at limit 100`,
    ),
})

/** Lets a deletion of an account, if there is to be one, wait for the time in which an earlier address can take the account back. */
export const postponeDeletion = async (manager: EntityManager, userId: string): Promise<void> => {
  await affected(
    manager,
    `update account_deletions set due_at = greatest(due_at, (
       select max(expires_at) from email_change_undos where email_change_undos.user_id = account_deletions.user_id))
     where user_id = $1 and carried_out_at is null`,
    [userId],
  )
}

/** Keeps a user's account, whose row the caller has locked, and tells so; returns false if it was not to be deleted. */
export const cancelDeletion = async (manager: EntityManager, userId: string): Promise<boolean> => {
  const sql = 'delete from account_deletions where user_id = $1 and carried_out_at is null'
  if ((await affected(manager, sql, [userId])) === 0) return false
  const origin = { eventId: uuidv7(), now: await readClock(manager) }
  await appendToOutbox(manager, [deletionCancelled(userId, origin)])
  return true
}

/** Deletes one account whose deletion is due, if there is one, and tells everybody; returns whether there was one. */
export const carryOutDeletion = (database: DataSource): Promise<boolean> =>
  database.transaction(async manager => {
    // n.b. the user's row is locked first, as by everybody else
    const due = await row(
      manager,
      z.object({ id: z.string() }),
      `select own.id
       from (select user_id from account_deletions where carried_out_at is null and due_at <= now()
             order by due_at limit 100) as due
       cross join lateral (select id from users where id = due.user_id for update skip locked) as own
       limit 1`,
    )
    const user = due && (await lockUser(manager, due.id))
    const sql = `update account_deletions set carried_out_at = clock_timestamp()
       where user_id = $1 and carried_out_at is null and due_at <= now()`
    if (user === undefined || (await affected(manager, sql, [user.id])) === 0) return false
    await endAllSessions(manager, user.id, 'logout')
    await affected(manager, 'delete from password_reset_requests where email = $1', [user.email])
    await forgetEvents(manager, user.id)
    await manager.delete(userTable, { id: user.id })
    await appendToOutbox(manager, [userDeleted(user, { eventId: uuidv7(), now: await readClock(manager) })])
    return true
  })

/** n.b. whoever has not got these events yet needs them no more; that the sessions have ended must still be told. */
const forgetEvents = (manager: EntityManager, userId: string): Promise<number> =>
  affected(
    manager,
    `delete from outbox where envelope #>> '{data,userId}' = $1 and envelope ->> 'type' <> 'session.ended'`,
    [userId],
  )

/** Notes that a service has forgotten the people of deleted accounts. */
export const confirmForgotten = async (
  manager: EntityManager,
  service: Forgetter,
  userIds: readonly string[],
): Promise<void> => {
  await affected(
    manager,
    `update account_deletions set ${service}_forgot_at = clock_timestamp()
     where user_id = any ($1::uuid[]) and ${service}_forgot_at is null`,
    [userIds],
  )
}

const columns = `user_id as "userId", requested_at as "requestedAt", due_at as "dueAt", carried_out_at as "carriedOutAt",
  orders_forgot_at as "ordersForgotAt", notifications_forgot_at as "notificationsForgotAt"`

const load = (manager: EntityManager, userIds: readonly string[]) =>
  rows(manager, deletion, `select ${columns} from account_deletions where user_id = any ($1::uuid[])`, [
    userIds,
  ])
