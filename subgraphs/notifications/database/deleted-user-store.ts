import { appendToOutbox } from '@supergraph/messaging/outbox/outbox.ts'
import { affected, rows } from '@supergraph/postgres/statements.ts'
import { uuidv7 } from '@supergraph/runtime/uuid.ts'
import { RecipientForgotten } from '@supergraph/schema/events/notifications.ts'
import type { DataSource, EntityManager } from 'typeorm'
import { z } from 'zod'
import type { NewEmail } from '../domain/email.ts'
import { addEmails } from './email-store.ts'

export type DeletedUserStore = ReturnType<typeof createDeletedUserStore>

/** The users whose accounts were deleted. */
export const createDeletedUserStore = (database: DataSource) => ({
  /** Forgets those who have got their last e-mail, or will not get it. */
  finish: (): Promise<void> => database.transaction(finishForgetting),
})

/**
 * Deletes everything that notifications has of the users whose accounts were deleted, and takes nothing more of them. What is left
 * of whoever can be written to are the last e-mail, which says so, and its address, until it is sent or given up.
 */
export const forgetUsers = async (manager: EntityManager, farewells: readonly NewEmail[]): Promise<void> => {
  const userIds = farewells.map(({ userId }) => userId)
  // n.b. a statement that has not seen the users among the deleted ones holds these locks: it is waited for, and its rows are
  // deleted; each later one sees them there. In the order in which others write these tables, against deadlocks
  await affected(manager, 'lock table recipients, notifications, emails in share row exclusive mode')
  // n.b. an event that comes again adds nothing, since they are deleted users by then
  await addEmails(manager, farewells)
  await affected(
    manager,
    'insert into deleted_users (user_id) select unnest($1::uuid[]) on conflict (user_id) do nothing',
    [userIds],
  )
  await affected(
    manager,
    `delete from emails where user_id = any ($1::uuid[]) and (kind <> 'ACCOUNT_DELETED'
       or not exists (select from recipients where recipients.user_id = emails.user_id))`,
    [userIds],
  )
  for (const table of tables)
    await affected(manager, `delete from ${table} where user_id = any ($1::uuid[])`, [userIds])
  await finishForgetting(manager)
}

/** Deletes the address of each deleted user to whom no e-mail is to be sent any more, and tells that the user is forgotten. */
const finishForgetting = async (manager: EntityManager): Promise<void> => {
  const finished = await rows(
    manager,
    z.object({ userId: z.string() }),
    // n.b. those that another process finishes are left to it: it may wait for the tables that this one has locked
    `update deleted_users set forgotten_at = now() where user_id = any (array(
       select user_id from deleted_users
       where forgotten_at is null and not exists (
         select from emails where emails.user_id = deleted_users.user_id and state = 'PENDING')
       for update skip locked))
     returning user_id as "userId"`,
  )
  if (finished.length === 0) return
  const userIds = finished.map(({ userId }) => userId)
  for (const table of ['emails', 'recipients'])
    await affected(manager, `delete from ${table} where user_id = any ($1::uuid[])`, [userIds])
  await appendToOutbox(
    manager,
    userIds.map(userId => {
      const id = uuidv7()
      return RecipientForgotten.create({
        id,
        subject: id,
        version: 1,
        occurredAt: new Date(),
        data: { userId },
      })
    }),
  )
}

const tables = ['notifications', 'withheld_notifications', 'user_counters', 'preferences'] as const
