import type { Violation } from '@supergraph/ledger/violations.ts'
import { republish } from '@supergraph/messaging/outbox/republish.ts'
import { tellStockAgain } from '@supergraph/products/database/recovery.ts'
import { ExpectedError } from '@supergraph/runtime/expected-error.ts'
import { emailAddress } from '@supergraph/schema/email-address.ts'
import { deleteAccountAgain, reopenAccount, tellDeletedAgain } from '@supergraph/users/database/recovery.ts'
import { deletedUser } from '@supergraph/users/domain/deletion.ts'
import { createPasswords } from '@supergraph/users/passwords/passwords.ts'
import { z } from 'zod'
import { receivers } from '../../../queues.ts'
import { tellAgain } from './order-remedies.ts'
import { advice, otherAdvice, type Remedy } from './remedy.ts'
import { type ReconciledPart, reconciledParts, type Shop } from './shop.ts'

/** What is to be done about something that is no order's. */
export const remedyOfOther = (shop: Shop, { kind, subject, ids, detail }: Violation): Remedy => {
  const command = (does: string, apply: () => Promise<unknown>): Remedy => ({
    ...{ kind, subject, does, by: 'command' },
    apply: async () => void (await apply()),
  })
  switch (kind) {
    case 'update-missing':
    case 'update-unfounded':
      return command(`tell the product's stock in a version that nobody knows: ${detail}`, async () => {
        const known = await shop.read.notifications.rows(
          z.object({ version: z.number() }),
          'select version from product_stock where product_id = $1',
          [subject],
        )
        await tellStockAgain(shop.write.products, subject, known[0]?.version ?? 0)
      })
    case 'notification-missing':
    case 'email-missing':
      return command(`tell it again: ${detail}`, () => tellAgain(shop, ids.slice(-1)))
    case 'deletion-undone':
      return command('tell everybody again that the account was deleted', () =>
        tellDeletedAgain(shop.write.users, subject),
      )
    case 'deletion-unconfirmed':
      return { kind, subject, by: 'services', does: 'the service says so when it has forgotten the person' }
    case 'event-stuck':
      return detail.includes('unpublished')
        ? { kind, subject, by: 'services', does: 'it is published when its service runs' }
        : { kind, subject, by: 'person', does: advice[kind] ?? otherAdvice }
    default:
      return { kind, subject, by: 'person', does: advice[kind] ?? otherAdvice }
  }
}

const idRow = z.object({ id: z.string() })

const idsOf = async (
  shop: Shop,
  part: 'users' | 'orders' | 'notifications',
  sql: string,
  ids?: readonly string[],
) => (await shop.read[part].rows(idRow, sql, ids === undefined ? [] : [ids])).map(({ id }) => id)

/** Accounts that users has lost, and others that it has again though they were deleted. */
export const remediesOfAccounts = async (shop: Shop): Promise<readonly Remedy[]> => {
  const addressed = await idsOf(shop, 'notifications', 'select user_id as id from recipients')
  const deleted = [
    ...(await idsOf(shop, 'orders', 'select customer_id as id from deleted_customers')),
    ...(await idsOf(shop, 'notifications', 'select user_id as id from deleted_users')),
  ]
  const accounts = new Set(
    await idsOf(shop, 'users', 'select id from users where id = any ($1::uuid[])', [
      ...addressed,
      ...deleted,
    ]),
  )
  const gone = new Set([
    ...(await idsOf(
      shop,
      'users',
      'select user_id as id from account_deletions where carried_out_at is not null',
    )),
    ...deleted,
  ])
  const beingDeleted = new Set(
    await idsOf(
      shop,
      'users',
      'select user_id as id from account_deletions where carried_out_at is null and due_at <= now()',
    ),
  )
  const lost = addressed.filter(id => !accounts.has(id) && !gone.has(id))
  const returned = [...new Set(deleted)].filter(id => accounts.has(id) && !beingDeleted.has(id))
  return [
    ...lost.map(
      (id): Remedy => ({
        ...{ kind: 'account-lost', subject: id, by: 'command' },
        does: 'open the account again, with the address that notifications has; its owner chooses a new password',
        apply: () => reopen(shop, id),
      }),
    ),
    ...returned.map(
      (id): Remedy => ({
        ...{ kind: 'account-returned', subject: id, by: 'command' },
        does: 'delete the account again',
        apply: () => deleteAccountAgain(shop.write.users, id),
      }),
    ),
  ]
}

const recipientRow = z.object({
  email: z.string(),
  name: z.string(),
  locale: z.string().nullable(),
  version: z.number(),
})

class AddressTaken extends ExpectedError {}

const reopen = async (shop: Shop, id: string): Promise<void> => {
  const [known] = await shop.read.notifications.rows(
    recipientRow,
    'select email, name, locale, version from recipients where user_id = $1',
    [id],
  )
  if (known === undefined) return
  const { canonical: email, shown } = emailAddress.parse(known.email)
  const user = {
    ...deletedUser(id),
    ...{ email, name: known.name, version: known.version },
    shownEmail: shown === email ? null : shown,
    ...(known.locale !== null && { locale: known.locale }),
  }
  const passwordHash = await createPasswords().hash(crypto.randomUUID())
  if (await reopenAccount(shop.write.users, user, passwordHash)) return
  throw new AddressTaken(
    `The address of the lost account ${id} has another account by now: its owner has registered again. Ask them which to keep.`,
  )
}

const eventRow = z.object({ id: z.string() })

/** Events that were published and that a queue has never handled, by queue: its broker has lost them, or its database has. */
export const remediesOfDeliveries = async (shop: Shop): Promise<readonly Remedy[]> => {
  const found: Remedy[] = []
  for (const { service, queues } of receivers) {
    const part = reconciledParts.find(name => name === service)
    if (part === undefined) continue
    for (const { queue, events } of queues) {
      for (const publisher of new Set(events.map(({ source }) => source))) {
        const from = reconciledParts.find(name => name === publisher)
        if (from === undefined) continue
        const types = events.filter(({ source }) => source === publisher).map(({ type }) => type)
        const missing = await unhandled(shop, { from, part, queue, types })
        if (missing.length === 0) continue
        found.push({
          ...{ kind: 'event-unhandled', subject: queue, by: 'command' },
          does: `send ${missing.length} events of ${from} to it again: ${[...new Set(types)].join(', ')}`,
          apply: async () => void (await republish(shop.write[from], missing, [queue])),
        })
      }
    }
  }
  return found
}

type Delivery = {
  readonly from: ReconciledPart
  readonly part: ReconciledPart
  readonly queue: string
  readonly types: readonly string[]
}

// n.b. outbox and inbox are kept for seven days, and pruned at different times
const publishedQuery = `
  select message_id as id from outbox
  where published_at > now() - interval '6 days' and dead_letters = '[]' and envelope ->> 'type' = any ($1)`

const unhandled = async (shop: Shop, { from, part, queue, types }: Delivery): Promise<readonly string[]> => {
  const rows = await shop.write[from].query<z.output<typeof eventRow>[]>(publishedQuery, [types])
  const ids = z
    .array(eventRow)
    .parse(rows)
    .map(({ id }) => id)
  const known = await shop.write[part].query<z.output<typeof eventRow>[]>(
    'select message_id as id from inbox where queue = $1 and message_id = any ($2::uuid[])',
    [queue, ids],
  )
  const handled = new Set(
    z
      .array(eventRow)
      .parse(known)
      .map(({ id }) => id),
  )
  return ids.filter(id => !handled.has(id))
}
