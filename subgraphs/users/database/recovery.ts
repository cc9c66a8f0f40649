import { appendToOutbox } from '@supergraph/messaging/outbox/outbox.ts'
import { affected } from '@supergraph/postgres/statements.ts'
import { uuidv7 } from '@supergraph/runtime/uuid.ts'
import { UserDeleted } from '@supergraph/schema/events/users.ts'
import type { DataSource } from 'typeorm'
import { deletedUser, userDeleted } from '../domain/deletion.ts'
import type { User } from '../domain/user.ts'
import { insertAccount } from './user-store.ts'

/** Opens an account again that was lost; returns false if its e-mail address has another account by now. */
export const reopenAccount = (database: DataSource, user: User, passwordHash: string): Promise<boolean> =>
  database.transaction(manager => insertAccount(manager, { user, events: [], passwordHash }))

/**
 * Lets an account be deleted again, which has come back: the users service does it within a minute. Returns false if that is due
 * already.
 */
export const deleteAccountAgain = async (database: DataSource, userId: string): Promise<boolean> => {
  const changed = await affected(
    database,
    `insert into account_deletions (user_id, requested_at, due_at) values ($1, now(), now())
     on conflict (user_id) do update
       set due_at = now(), carried_out_at = null, orders_forgot_at = null, notifications_forgot_at = null
       where account_deletions.carried_out_at is not null or account_deletions.due_at > now()`,
    [userId],
  )
  return changed > 0
}

/** Tells everybody once more that an account was deleted, unless that waits to be told; returns whether it does not. */
export const tellDeletedAgain = (database: DataSource, userId: string): Promise<boolean> =>
  database.transaction(async manager => {
    const waiting = `select 1 from outbox
      where aggregate_id = $1 and envelope ->> 'type' = $2 and coalesce(published_at, dead_at) is null`
    if ((await manager.query<unknown[]>(waiting, [userId, UserDeleted.type])).length > 0) return false
    const user = deletedUser(userId)
    await appendToOutbox(manager, [userDeleted(user, { eventId: uuidv7(), now: new Date() })])
    return true
  })
