import { affected } from '@supergraph/postgres/statements.ts'
import type { EntityManager } from 'typeorm'
import { announcingEmails } from './announcements.ts'

/** The address and name that a user's e-mails go to; the highest version is the newest. */
export type Recipient = {
  readonly userId: string
  readonly email: string
  readonly name: string
  readonly version: number
}

/** Stores recipients unless newer versions are stored, and wakes the senders: e-mails may wait for an address. */
export const storeRecipients = async (
  manager: EntityManager,
  recipients: readonly Recipient[],
): Promise<void> => {
  if (recipients.length === 0) return
  // n.b. in the order of the keys, against deadlocks; and one address per user, since a statement can't change a row twice
  await affected(
    manager,
    `with stored as (
     insert into recipients (user_id, email, name, version)
     select distinct on ("userId") "userId", email, name, version
     from jsonb_to_recordset($1::jsonb) as given ("userId" uuid, email text, name text, version integer)
     order by "userId", version desc
     on conflict (user_id) do update
       set email = excluded.email, name = excluded.name, version = excluded.version
       where recipients.version < excluded.version
     returning user_id)
     select ${announcingEmails} from stored`,
    [JSON.stringify(recipients)],
  )
}
