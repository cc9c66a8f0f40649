import { outboxEvents, outboxInsert } from '@supergraph/messaging/outbox/outbox.ts'
import { type Executor, row } from '@supergraph/postgres/statements.ts'
import { codeOf } from '@supergraph/runtime/error-text.ts'
import { isUuid } from '@supergraph/runtime/uuid.ts'
import { z } from 'zod'
import type { StockLine } from '../domain/stock.ts'
import { stockChanged } from './stock-changes.ts'

/** The order that a reservation is for, who asks (a service's name), when, and how long units are set aside. */
export type ReservationRequest = {
  readonly orderId: string
  readonly actor: string
  readonly at: Date
  readonly ttlSeconds: number
}

/** How long one statement waits for each lock. */
type Patience = { readonly lockTimeoutMs: number }

const done = z.object({ isDone: z.boolean() })

/** n.b. what depends on `patient` waits no longer for a lock; the setting ends with the statement's transaction. */
const patient = (parameter: string) => `patient as (select set_config('lock_timeout', ${parameter}, true))`

/**
 * Sets the lines of a new order aside, all or none, in one statement: products are locked last, in the order of their ids,
 * and only until the disk has the statement's transaction. Returns false and changes nothing if the order has a
 * reservation already or a line can't be had in full.
 */
export const holdNewLines = async (
  executor: Executor,
  lines: readonly StockLine[],
  { orderId, actor, at, ttlSeconds }: ReservationRequest,
  { lockTimeoutMs }: Patience,
): Promise<boolean> => {
  if (!lines.every(({ productId }) => isUuid(productId))) return false
  const events = lines.map(({ productId: id }) => stockChanged({ id, ...unknownStock }, at))
  const values = [
    ...[JSON.stringify(lines), orderId, actor, at, ttlSeconds, String(lockTimeoutMs)],
    outboxEvents(events),
  ]
  try {
    return (await row(executor, done, holdNewLinesStatement, values))?.isDone ?? false
  } catch (error) {
    if (constraintViolations.includes(codeOf(error))) return false
    throw error
  }
}

/** n.b. the statement knows the sku, the version and the units once it has changed the product. */
const unknownStock = { sku: '', version: 0, onHand: 0, reserved: 0, archivedAt: null }

/** SQLSTATE of a column that must not be null, and of a check. */
const constraintViolations: readonly string[] = ['23502', '23514']

/** The events of `$7` with what is known once products are changed, in the order in which they are locked. */
const heldEvents = `(
  select jsonb_agg(event || jsonb_build_object('version', version,
    'data', event -> 'data' || jsonb_build_object('sku', sku, 'available', available)) order by id)
  from held join jsonb_array_elements($7::jsonb) as event on (event ->> 'subject')::uuid = id)`

// n.b. a product that was sold out or archived while the statement waited for its lock breaks a constraint, which undoes
// the whole statement: what is read without a lock can't be relied on.
const holdNewLinesStatement = `
  with ${patient('$6')}, line as (
    select * from jsonb_to_recordset($1::jsonb) as line ("productId" uuid, quantity integer)
  ), claimed as (
    insert into reservations (order_id, state, created_at, changed_at, expires_at)
    select $2, 'RESERVED', $4, $4, now() + make_interval(secs => $5) from patient
    where not exists (
      select from line left join products on id = "productId"
      where (archived_at is null and on_hand - reserved >= quantity) is not true)
    on conflict (order_id) do nothing
    returning order_id
  ), kept as (
    insert into reservation_lines (order_id, product_id, quantity)
    select order_id, "productId", quantity from claimed cross join line
  ), locked as (
    select id, quantity from claimed cross join line join products on id = "productId"
    order by id for no key update of products
  ), held as (
    update products
    set reserved = case when archived_at is null then reserved + quantity end, version = version + 1, updated_at = $4
    from locked where products.id = locked.id
    returning products.id, sku, version, on_hand - reserved as available, quantity
  ), moved as (
    insert into stock_movements (id, product_id, on_hand_delta, reserved_delta, reason, order_id, actor, at)
    select gen_random_uuid(), id, 0, quantity, 'Reserved', $2, $3, $4 from held
  ), published as (
    ${outboxInsert(heldEvents)}
  )
  select exists (select from claimed) as "isDone"`

/**
 * Until when an order's lines are set aside, or were; undefined if its reservation was refused or released. With `prolong`
 * an open reservation gets the whole time once more, unless it has had it before.
 */
export const holdLonger = async (
  executor: Executor,
  { orderId, ttlSeconds }: Pick<ReservationRequest, 'orderId' | 'ttlSeconds'>,
  prolong: boolean,
): Promise<Date | undefined> => {
  const held = z.object({ expiresAt: z.date() })
  return (await row(executor, held, holdLongerStatement, [orderId, prolong, ttlSeconds]))?.expiresAt
}

const holdLongerStatement = `
  with prolonged as (
    update reservations set expires_at = now() + make_interval(secs => $3), prolonged_at = now()
    where order_id = $1 and $2::boolean and state = 'RESERVED' and prolonged_at is null
    returning expires_at
  )
  select coalesce((select expires_at from prolonged), expires_at, changed_at) as "expiresAt"
  from reservations where order_id = $1 and state not in ('REFUSED', 'RELEASED')`

/**
 * Takes what an order holds out of the warehouse, in one statement: the reservation is locked first, then the products in
 * the order of their ids. Returns false and changes nothing if the order's reservation is not RESERVED.
 */
export const takeHeldLines = async (
  executor: Executor,
  { orderId, actor, at }: ReservationRequest,
  { lockTimeoutMs }: Patience,
): Promise<boolean> =>
  (await row(executor, done, takeHeldLinesStatement, [orderId, actor, at, String(lockTimeoutMs)]))?.isDone ??
  false

const takeHeldLinesStatement = `
  with ${patient('$4')}, settled as (
    update reservations set state = 'COMMITTED', changed_at = $3, expires_at = null
    from patient where order_id = $1 and state = 'RESERVED'
    returning order_id
  ), locked as (
    select id, quantity from settled join reservation_lines using (order_id) join products on id = product_id
    order by id for no key update of products
  ), taken as (
    update products set on_hand = on_hand - quantity, reserved = reserved - quantity, updated_at = $3
    from locked where products.id = locked.id
    returning products.id, quantity
  ), moved as (
    insert into stock_movements (id, product_id, on_hand_delta, reserved_delta, reason, order_id, actor, at)
    select gen_random_uuid(), id, -quantity, -quantity, 'Committed', $1, $2, $3 from taken
  )
  select exists (select from settled) as "isDone"`
