import { checkLedger } from '@supergraph/ledger/check.ts'
import { copyTestDatabase } from '@supergraph/postgres/tests/test-database.ts'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { statefulNames } from '../../../services.ts'
import { type Reconciliation, reconcile } from '../reconcile/reconcile.ts'
import type { FindingKind } from '../reconcile/remedy.ts'
import { type Customer, type ShopUnderTest, startShopUnderTest } from './shop-under-test.ts'

type Part = 'users' | 'products' | 'orders' | 'notifications' | 'analytics'

type Case = {
  readonly restored: readonly Part[]
  /** The kinds that are found. */
  readonly found: readonly FindingKind[]
  /** What the orders of the story are in the end, where they differ from what they were. */
  readonly statuses?: Readonly<Partial<Record<keyof typeof statuses, string>>>
}

/** What the orders were before anything was restored. */
const statuses = {
  sent: 'SHIPPED',
  calledOff: 'CANCELLED',
  refunded: 'CONFIRMED',
  lost: 'CONFIRMED',
  lostAndSent: 'SHIPPED',
  lostAndCalledOff: 'CANCELLED',
} as const

// n.b. who has paid for a lost order is sent nothing without an address, and gets the money back
const lostOrders = { lost: 'CANCELLED' } as const
const forgottenOrders = {
  ...{ sent: 'CONFIRMED', lost: undefined, lostAndSent: undefined, lostAndCalledOff: undefined },
} as const

const cases: readonly Case[] = [
  {
    restored: ['orders'],
    found: ['charge-without-order', 'refunds-disagree', 'reservation-without-order', 'update-unfounded'],
    statuses: lostOrders,
  },
  { restored: ['products'], found: ['stock-kept', 'stock-not-taken', 'update-unfounded'] },
  { restored: ['users', 'analytics'], found: ['account-lost', 'event-unhandled'] },
  {
    restored: ['orders', 'products'],
    found: ['charge-without-order', 'refunds-disagree', 'update-unfounded'],
    statuses: lostOrders,
  },
  {
    restored: ['products', 'notifications', 'analytics'],
    found: ['event-unhandled', 'notification-missing', 'stock-kept', 'stock-not-taken', 'update-missing'],
  },
  {
    restored: ['orders', 'products', 'notifications', 'users', 'analytics'],
    found: ['charge-without-order', 'refunds-disagree'],
    statuses: forgottenOrders,
  },
]

let shop: ShopUnderTest
let story: Awaited<ReturnType<typeof play>>
type Copies = Readonly<Record<string, Awaited<ReturnType<typeof copyTestDatabase>>>>
let earlier: Copies
let later: Copies

beforeAll(async () => {
  shop = await startShopUnderTest()
  story = await play(shop)
}, 120_000)
afterAll(async () => {
  for (const copies of [earlier, later]) for (const { drop } of Object.values(copies ?? {})) await drop()
  await shop?.stop()
})

const isClean = async () =>
  expect((await checkLedger(shop.databaseUrls, { settleMs: 5_000 })).violations).toEqual([])

const copyAll = async (): Promise<Copies> =>
  Object.fromEntries(
    await Promise.all(
      statefulNames().map(async name => [name, await copyTestDatabase(shop.databaseUrls[name])] as const),
    ),
  )

/** Two moments of a shop, with every kind of change between them. */
const play = async (shop: ShopUnderTest) => {
  const ada = await shop.createCustomer('Ada')
  const mug = await shop.findProduct('MUG-STONE-350')
  const place = async (customer: Customer, quantity = 1): Promise<string> =>
    (await shop.place(customer, mug, { quantity })).order.id
  const sent = await place(ada)
  const calledOff = await place(ada)
  const refunded = await place(ada, 2)
  await isClean()
  await shop.close()
  earlier = await copyAll()
  await shop.reopen()
  await shop.ship(sent)
  await shop.cancel(ada, calledOff)
  await shop.refund(refunded, [{ productId: mug, quantity: 1 }])
  const bob = await shop.createCustomer('Bob')
  const lost = await place(bob, 3)
  const lostAndSent = await place(ada)
  await shop.ship(lostAndSent)
  await shop.place(ada, mug, { paymentMethod: 'pm_card_visa_chargeDeclinedInsufficientFunds' })
  const lostAndCalledOff = await place(ada)
  await shop.cancel(ada, lostAndCalledOff)
  await isClean()
  await shop.close()
  later = await copyAll()
  return { sent, calledOff, refunded, lost, lostAndSent, lostAndCalledOff }
}

const statusOf = async (orderId: string): Promise<string | undefined> => {
  const status = await shop.databases.orders.value(
    `select coalesce((select status from orders where id = $1), 'none')`,
    [orderId],
  )
  return status === 'none' ? undefined : status
}

const kindsOf = ({ left }: Reconciliation): readonly string[] =>
  [...new Set(left.map(({ kind }) => kind))].toSorted()

it.each(cases)('brings together what was restored to different moments: $restored', {
  timeout: 60_000,
}, async ({ restored, found, statuses: changed = {} }) => {
  await restoreEarlier(restored)

  const plan = await reconcile(shop.databaseUrls, { apply: false })
  expect(plan.done).toEqual([])
  expect(textsOf(await reconcile(shop.databaseUrls, { apply: false }))).toEqual(textsOf(plan))
  expect(kindsOf(plan)).toEqual(found)

  const { done, left } = await reconcile(shop.databaseUrls, { apply: true })
  expect(done.length).toBeGreaterThan(0)
  const owed = left.filter(({ by }) => by === 'person')
  for (const { kind, subject } of owed) {
    expect(kind).toBe('charge-without-order')
    await refundAtProvider(subject)
  }
  const forPeople = plan.left.filter(({ by }) => by === 'person').map(({ subject }) => subject)
  expect(owed.map(({ subject }) => subject).toSorted()).toEqual(forPeople.toSorted())
  expect(left.filter(({ by }) => by === 'command' || by === 'failed')).toEqual([])
  expect((await reconcile(shop.databaseUrls, { apply: true })).done).toEqual([])

  await shop.reopen()
  await vi.waitFor(isClean, { interval: 500 })
  await vi.waitFor(
    async () => expect((await reconcile(shop.databaseUrls, { apply: false })).left).toEqual([]),
    { interval: 500 },
  )
  const after = await Promise.all(
    Object.entries(story).map(async ([name, id]) => [name, await statusOf(id)] as const),
  )
  expect(Object.fromEntries(after)).toEqual({ ...statuses, ...changed })
})

const restoreEarlier = async (restored: readonly Part[]) => {
  await shop.close()
  for (const name of statefulNames())
    await (restored.some(part => part === name) ? earlier : later)[name]?.restore()
}

it('takes for lost only what a queue has taken before, and that is of use still', async () => {
  await restoreEarlier([])
  const { users, notifications } = shop.databases
  const forget = (queue: string, which: string) =>
    notifications.sql(
      `delete from inbox where queue = $1 and message_id in (
         select message_id from inbox where queue = $1 order by handled_at desc limit ${which})`,
      [queue],
    )
  await forget('notifications.on-user-link-created', '1')
  await forget('notifications.on-user-registered', 'all')
  const before = await reconcile(shop.databaseUrls, { apply: false })
  expect(before.left).toMatchObject([
    { kind: 'event-unhandled', subject: 'notifications.on-user-link-created', by: 'command' },
  ])
  await users.sql(
    `update outbox set envelope = jsonb_set(envelope, '{data,expiresAt}', '"2026-01-01T00:00:00Z"')
     where envelope -> 'data' ? 'expiresAt'`,
  )
  expect((await reconcile(shop.databaseUrls, { apply: false })).left).toEqual([])
})

it('leaves to a person what has left the warehouse for an order that nobody knows', async () => {
  await restoreEarlier([])
  const [taken, over] = [crypto.randomUUID(), crypto.randomUUID()]
  await shop.databases.products.sql(
    `insert into reservations (order_id, state, created_at, changed_at)
     values ($1, 'COMMITTED', now(), now()), ($2, 'EXPIRED', now(), now())`,
    [taken, over],
  )
  const { done, left } = await reconcile(shop.databaseUrls, { apply: true })
  expect(done).toMatchObject([{ kind: 'reservation-without-order', subject: over }])
  expect(left).toMatchObject([
    {
      ...{ kind: 'reservation-without-order', subject: taken, by: 'person' },
      does: expect.stringContaining('left the warehouse'),
    },
  ])
})

it('deletes an account again that has come back, once', async () => {
  await restoreEarlier([])
  const { users, orders } = shop.databases
  const id = await users.value('select id from users order by id desc')
  await orders.sql('insert into deleted_customers (customer_id, forgotten_at) values ($1, now())', [id])
  const { done, left } = await reconcile(shop.databaseUrls, { apply: true })
  expect(done).toMatchObject([{ kind: 'account-returned', subject: id }])
  expect(left).toEqual([])
  expect(await users.value('select due_at <= now() from account_deletions where user_id = $1', [id])).toBe(
    'true',
  )
  expect((await reconcile(shop.databaseUrls, { apply: true })).done).toEqual([])
})

it('goes on when a deed fails, and names it', async () => {
  await restoreEarlier(['users', 'analytics'])
  await shop.databases.users.value(`
    create function refuse() returns trigger language plpgsql as $$ begin raise 'no more accounts'; end $$`)
  await shop.databases.users.value('create trigger refuse before insert on users execute function refuse()')
  const { done, left } = await reconcile(shop.databaseUrls, { apply: true })
  expect(done).toContainEqual(expect.objectContaining({ kind: 'event-unhandled' }))
  expect(left).toMatchObject([{ kind: 'account-lost', does: 'no more accounts', by: 'failed' }])
})

it('refuses payments of another provider than the one that it reads', async () => {
  await restoreEarlier([])
  await shop.databases.orders.sql(`update orders set payment_id = 'pi_stripe' where id = $1`, [story.sent])
  await expect(reconcile(shop.databaseUrls, { apply: false })).rejects.toThrow('such as pi_stripe')
})

const textsOf = ({ left }: Reconciliation) => left.map(({ kind, subject, does }) => [kind, subject, does])

/** What somebody does at the provider with a payment that nobody knows. */
const refundAtProvider = async (paymentId: string): Promise<void> => {
  const { sql } = shop.databases['payment-simulator']
  await sql(
    `insert into refunds (id, payment_intent_id, amount, status, metadata, created_at)
     select 're_' || id, id, amount_received - amount_refunded, 'succeeded', '{}', now() from payment_intents where id = $1`,
    [paymentId],
  )
  await sql('update payment_intents set amount_refunded = amount_received where id = $1', [paymentId])
}
