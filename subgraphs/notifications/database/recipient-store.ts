import { affected, rows } from '@supergraph/postgres/statements.ts'
import type { EntityManager } from 'typeorm'
import { z } from 'zod'
import { announcingEmails } from './announcements.ts'
import { isDeleted } from './is-deleted.ts'

/** The address and name that a user's e-mails go to, and the language they are in; the highest version is the newest. */
export type Recipient = {
  readonly userId: string
  readonly email: string
  readonly name: string
  /** BCP 47; missing in events of before, which leave what is known. */
  readonly locale?: string | undefined
  readonly version: number
}

/** Stores recipients unless newer versions are stored or their accounts were deleted, and wakes the senders: e-mails may wait for an address. */
export const storeRecipients = async (
  manager: EntityManager,
  recipients: readonly Recipient[],
): Promise<void> => {
  if (recipients.length === 0) return
  // n.b. in the order of the keys, against deadlocks; and one address per user, since a statement can't change a row twice
  await affected(
    manager,
    `with stored as (
     insert into recipients (user_id, email, name, locale, version)
     select distinct on ("userId") "userId", email, name, locale, version
     from jsonb_to_recordset($1::jsonb) as given ("userId" uuid, email text, name text, locale text, version integer)
     where not ${isDeleted('"userId"')}
     order by "userId", version desc
     on conflict (user_id) do update
       set email = excluded.email, name = excluded.name, version = excluded.version,
         locale = coalesce(excluded.locale, recipients.locale)
       where recipients.version < excluded.version
     returning user_id)
     select ${announcingEmails} from stored`,
    [JSON.stringify(recipients)],
  )
}

/** In which languages these users are written to, as far as that is known: BCP 47 tags by user. */
export const localesOf = async (
  manager: EntityManager,
  userIds: readonly string[],
): Promise<ReadonlyMap<string, string>> => {
  if (userIds.length === 0) return new Map()
  const known = await rows(
    manager,
    z.object({ userId: z.string(), locale: z.string() }),
    `select user_id as "userId", locale from recipients where user_id = any ($1::uuid[]) and locale is not null`,
    [userIds],
  )
  return new Map(known.map(({ userId, locale }) => [userId, locale]))
}
