import { affected } from '@supergraph/postgres/statements.ts'
import type { EntityManager } from 'typeorm'
import { announceEmails } from './announcements.ts'

/** The address and name that a user's e-mails go to; the highest version is the newest. */
export type Recipient = {
  readonly userId: string
  readonly email: string
  readonly name: string
  readonly version: number
}

/** Stores a recipient unless a newer version is stored, and wakes the senders: e-mails may wait for the address. */
export const storeRecipient = async (
  manager: EntityManager,
  { userId, email, name, version }: Recipient,
): Promise<void> => {
  await affected(
    manager,
    `insert into recipients (user_id, email, name, version) values ($1, $2, $3, $4)
     on conflict (user_id) do update
       set email = excluded.email, name = excluded.name, version = excluded.version
       where recipients.version < excluded.version`,
    [userId, email, name, version],
  )
  await announceEmails(manager)
}
