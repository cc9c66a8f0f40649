import type { EntityManager } from 'typeorm'
import { announceEmails } from './announcements.ts'

/** Where a user's e-mails go; the highest version is the newest. */
export type Recipient = {
  readonly userId: string
  readonly email: string
  readonly name: string
  readonly version: number
}

/** Keeps where to write to a user unless something newer is known, and lets the e-mails go that waited for it. */
export const keepRecipient = async (
  manager: EntityManager,
  { userId, email, name, version }: Recipient,
): Promise<void> => {
  await manager.query(
    `insert into recipients (user_id, email, name, version) values ($1, $2, $3, $4)
     on conflict (user_id) do update
       set email = excluded.email, name = excluded.name, version = excluded.version
       where recipients.version < excluded.version`,
    [userId, email, name, version],
  )
  await announceEmails(manager)
}
