import { idPages } from '@supergraph/ledger/subject.ts'
import { emailAddress } from '@supergraph/schema/email-address.ts'
import { deleteAccountAgain, reopenAccount } from '@supergraph/users/database/recovery.ts'
import { deletedUser } from '@supergraph/users/domain/deletion.ts'
import { createPasswords } from '@supergraph/users/passwords/passwords.ts'
import { z } from 'zod'
import { deed, NeedsPerson, type Remedy } from './remedy.ts'
import type { Shop } from './shop.ts'

type Read = Pick<Shop, 'read'>

/** Accounts that users has lost, and others that it has again though they were deleted. */
export const remediesOfAccounts = async (shop: Shop): Promise<readonly Remedy[]> => {
  const lost = new Set<string>()
  for await (const ids of userIds(shop, 'notifications', 'recipients')) {
    const known = new Set([
      ...(await among(shop, 'users', accountsQuery, ids)),
      ...(await among(shop, 'users', carriedOutQuery, ids)),
      ...(await among(shop, 'orders', customersQuery, ids)),
      ...(await among(shop, 'notifications', deletedQuery, ids)),
    ])
    for (const id of ids) if (!known.has(id)) lost.add(id)
  }
  const returned = new Set<string>()
  for (const pages of [
    userIds(shop, 'orders', 'deleted_customers', 'customer_id'),
    userIds(shop, 'notifications', 'deleted_users'),
  ])
    for await (const ids of pages) {
      const beingDeleted = new Set(await among(shop, 'users', beingDeletedQuery, ids))
      for (const id of await among(shop, 'users', accountsQuery, ids))
        if (!beingDeleted.has(id)) returned.add(id)
    }
  return [
    ...[...lost].map(id => ({
      ...{ kind: 'account-lost' as const, subject: id },
      ...deed(
        'open the account again, with the address that notifications has; its owner chooses a new password',
        () => reopen(shop, id),
      ),
    })),
    ...[...returned].map(id => ({
      ...{ kind: 'account-returned' as const, subject: id },
      ...deed('delete the account again', () => deleteAccountAgain(shop.write.users, id)),
    })),
  ]
}

const userIds = (
  { read }: Read,
  part: 'orders' | 'notifications',
  table: 'recipients' | 'deleted_customers' | 'deleted_users',
  column: 'user_id' | 'customer_id' = 'user_id',
) =>
  idPages(read[part], `select ${column} as id from ${table} where ${column} > $1 order by ${column} limit $2`)

const among = async (
  { read }: Read,
  part: 'users' | 'orders' | 'notifications',
  sql: string,
  ids: readonly string[],
) => (await read[part].rows(z.object({ id: z.string() }), sql, [ids])).map(({ id }) => id)

const accountsQuery = 'select id from users where id = any ($1::uuid[])'
const carriedOutQuery = `
  select user_id as id from account_deletions where user_id = any ($1::uuid[]) and carried_out_at is not null`
const beingDeletedQuery = `
  select user_id as id from account_deletions
  where user_id = any ($1::uuid[]) and carried_out_at is null and due_at <= now()`
const customersQuery = 'select customer_id as id from deleted_customers where customer_id = any ($1::uuid[])'
const deletedQuery = 'select user_id as id from deleted_users where user_id = any ($1::uuid[])'

const recipientRow = z.object({
  email: z.string(),
  name: z.string(),
  locale: z.string().nullable(),
  version: z.number(),
})

const reopen = async (shop: Shop, id: string): Promise<boolean> => {
  const [known] = await shop.read.notifications.rows(
    recipientRow,
    'select email, name, locale, version from recipients where user_id = $1',
    [id],
  )
  if (known === undefined) return false
  const { canonical: email, shown } = emailAddress.parse(known.email)
  const user = {
    ...deletedUser(id),
    ...{ email, name: known.name, version: known.version },
    shownEmail: shown === email ? null : shown,
    ...(known.locale !== null && { locale: known.locale }),
  }
  const passwordHash = await createPasswords().hash(crypto.randomUUID())
  if (await reopenAccount(shop.write.users, user, passwordHash)) return true
  throw new NeedsPerson(
    `The address of the lost account ${id} has another account by now: its owner has registered again. Ask them which to keep.`,
  )
}
