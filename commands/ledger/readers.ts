import {
  type EventCase,
  eventRecord,
  type InboxCase,
  inboxRecord,
  type ShelfCase,
  shelfRecord,
  toldStock,
  welcomeRecord,
} from './cases.ts'
import type { Database, Ledger } from './databases.ts'
import { emailsBegin } from './order-reader.ts'

/** Reads products' shelves, and what notifications knows of them. */
export const readShelves = async (
  { products, notifications }: Ledger,
  ids: readonly string[],
): Promise<readonly ShelfCase[]> => {
  // n.b. in this order: what notifications knows is never newer than the product
  const told = await notifications.rows(
    toldStock,
    'select product_id as id, available, version from product_stock where product_id = any ($1::uuid[])',
    [ids],
  )
  const shelves = await products.rows(shelfRecord, shelfQuery, [ids])
  const toldOf = new Map(told.map(stock => [stock.id, stock]))
  return shelves.map(shelf => ({ ...shelf, told: toldOf.get(shelf.id) ?? null }))
}

/** Reads the numbers of users' notifications. */
export const readInboxes = (
  { notifications }: Ledger,
  userIds: readonly string[],
): Promise<readonly InboxCase[]> =>
  notifications.rows(
    inboxRecord,
    `select user_id as "userId", last_seq as "lastSeq", told.count, told.lowest as "lowestSeq",
       told.highest as "highestSeq"
     from user_counters
     cross join lateral (
       select count(*)::integer as count, coalesce(min(seq), 0) as lowest, coalesce(max(seq), 0) as highest
       from notifications where user_id = user_counters.user_id
     ) as told
     where user_id = any ($1::uuid[])`,
    [userIds],
  )

/** Reads events from the outbox of their publisher, and whether a new user was welcomed. */
export const readEvents = async (
  publisher: Database,
  { notifications }: Ledger,
  ids: readonly string[],
): Promise<readonly EventCase[]> => {
  const events = await publisher.rows(eventRecord, eventQuery, [ids])
  const registrations = events.filter(({ type }) => type === 'user.registered').map(({ id }) => id)
  const welcomes =
    registrations.length === 0 ? [] : await notifications.rows(welcomeRecord, welcomeQuery, [registrations])
  const isEmailed = new Map(welcomes.map(welcome => [welcome.id, welcome.isEmailed]))
  return events.map(event =>
    event.type === 'user.registered'
      ? { ...event, isTold: isEmailed.has(event.id), isEmailed: isEmailed.get(event.id) ?? false }
      : { ...event, isTold: null, isEmailed: null },
  )
}

// n.b. what was withheld as its user wishes is told
const welcomeQuery = `
  with told as (
    select event_id, user_id, created_at from notifications where event_id = any ($1::uuid[])
    union select event_id, user_id, created_at from withheld_notifications where event_id = any ($1::uuid[])
  )
  select event_id as id,
    created_at < ${emailsBegin}
    or exists (select from emails where emails.event_id = told.event_id and emails.user_id = told.user_id) as "isEmailed"
  from told`

const shelfQuery = `
  with moved as (
    select product_id, sum(on_hand_delta)::float8 as on_hand, sum(reserved_delta)::float8 as reserved
    from stock_movements where product_id = any ($1::uuid[]) group by product_id
  ), held as (
    select product_id, sum(quantity)::float8 as quantity
    from reservations join reservation_lines using (order_id)
    where state = 'RESERVED' and product_id = any ($1::uuid[]) group by product_id
  ), waiting as materialized (
    select distinct aggregate_id from outbox where published_at is null
  )
  select id, products.on_hand as "onHand", products.reserved, version,
    case when archived_at is null then available else 0 end as orderable,
    coalesce(moved.on_hand, 0) as "movedOnHand", coalesce(moved.reserved, 0) as "movedReserved",
    coalesce(held.quantity, 0) as "reservedByOrders",
    products.id::text in (select aggregate_id from waiting) as "hasEventsWaiting"
  from products left join moved on moved.product_id = products.id left join held on held.product_id = products.id
  where id = any ($1::uuid[])`

const eventQuery = `
  select message_id as id, envelope ->> 'type' as type, aggregate_id as subject, last_error as error,
    case
      when published_at is not null then 'published'
      when dead_at is not null then 'dead'
      when created_at < now() - interval '1 minute' then 'overdue'
      else 'waiting'
    end as state
  from outbox where message_id = any ($1::uuid[])`
