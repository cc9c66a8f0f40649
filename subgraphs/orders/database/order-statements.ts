import { affected, type Executor, parametersFrom, row, rows } from '@supergraph/postgres/statements.ts'
import { givingBack } from '@supergraph/postgres/throttle/throttle.ts'
import { currentTraceparent } from '@supergraph/runtime/trace-context.ts'
import { z } from 'zod'
import type { Step } from '../domain/next-step.ts'
import type { OrderLine } from '../domain/order.ts'
import { insertKey, type KeyClaim, keyValues } from './idempotency-keys.ts'
import { type OrderRecord, recordParts } from './order-history.ts'
import {
  type OrderRow,
  orderChangeRow,
  orderColumns,
  orderItemRow,
  orderRow,
  refundLineRow,
  selectedOrderColumns,
} from './tables.ts'

/** How long a step belongs to the process that wrote it, before the sweepers may take it. */
export const leaseSeconds = 6
/** n.b. a step that takes longer than its lease would never end: each claim of an order adds a lease, up to this many. */
const maxLeases = 4
const firstDelaySeconds = 0.5
const longestDelaySeconds = 10
/** n.b. this delay does not grow, since a service that was not called may be back at any moment. */
const notMadeDelaySeconds = 1
const refusedDelaySeconds = 3_600

/** Why a step is postponed: it was not tried, it failed, or it was refused. */
export type Postponement = 'notMade' | 'failed' | 'refused'

const lines = z.array(orderItemRow.omit({ orderId: true, position: true })).readonly()
const units = z.array(refundLineRow.omit({ refundId: true })).readonly()
const refund = z.object({
  id: z.string(),
  amountMinor: z.int(),
  lines: units,
  reason: z.string().nullable(),
  actor: z.discriminatedUnion('kind', [
    z.object({ kind: z.enum(['CUSTOMER', 'STAFF']), userId: z.string() }),
    z.object({ kind: z.literal('SYSTEM'), userId: z.null() }),
  ]),
})

/** A row of `orders` with its fencing number, its lines, its pending refund, and the units that refunds have returned. */
const storedRow = orderRow.extend({
  fence: z.int(),
  lines,
  pendingRefund: refund.nullable(),
  refunded: units,
})
export type StoredRow = Readonly<z.output<typeof storedRow>>

const claimedRow = storedRow.extend({
  /** How often the step was called for. */
  calls: z.int(),
  leaseSeconds: z.int(),
  /** Of the command that the step is a part of. */
  traceparent: z.string().nullable(),
})
/** A claimed order, and with what its next step goes on. */
export type ClaimedRow = Readonly<z.output<typeof claimedRow>>

/** n.b. only the id of an order whose row is not as this release expects. */
const claimedOrId = z.union([claimedRow, z.object({ id: z.string() })])

const linesJson = `
  (select coalesce(jsonb_agg(jsonb_build_object(
      'productId', product_id, 'productName', product_name, 'sku', sku,
      'unitPriceMinor', unit_price_minor, 'quantity', quantity) order by position), '[]')
    from order_items where order_id = orders.id)`
const unitsJson = `coalesce(jsonb_agg(
  jsonb_build_object('productId', product_id, 'quantity', quantity) order by product_id), '[]')`
const refundJson = `jsonb_build_object(
  'id', id, 'amountMinor', amount_minor, 'reason', reason,
  'actor', jsonb_build_object('kind', actor_kind, 'userId', actor_id),
  'lines', (select ${unitsJson} from refund_lines where refund_id = refunds.id))`

const storedColumns = `${selectedOrderColumns}, orders.fence, ${linesJson} as lines,
  (select ${refundJson} from refunds where order_id = orders.id and state = 'PENDING') as "pendingRefund",
  (select ${unitsJson} from refund_lines join refunds on refunds.id = refund_id
    where order_id = orders.id and state = 'SUCCEEDED') as refunded`

/** Locks an order and reads it; undefined if there is none. */
export const lockOrder = async (executor: Executor, orderId: string): Promise<StoredRow | undefined> => {
  await affected(executor, 'select from orders where id = $1 for update', [orderId])
  // n.b. a statement of its own: the one that waited for the lock still sees the refunds from before it waited
  return readOrder(executor, orderId)
}

/** Reads an order as lockOrder does, without its lock. */
export const readOrder = (executor: Executor, orderId: string): Promise<StoredRow | undefined> =>
  row(executor, storedRow, `select ${storedColumns} from orders where id = $1`, [orderId])

const change = orderChangeRow.omit({ orderId: true }).extend({ at: z.coerce.date() })
const orderHistory = orderRow.extend({
  lines,
  /** Every change of the order, oldest first. */
  changes: z.array(change).readonly(),
  /** The refunds that SUCCEEDED, at first at least, or FAILED, oldest first. */
  refunds: z.array(refund.extend({ isSettled: z.boolean() })).readonly(),
})
export type OrderHistory = Readonly<z.output<typeof orderHistory>>

/** Up to `limit` orders after an id with their history, in the order of their ids. */
export const readOrderHistories = (
  executor: Executor,
  { afterId, limit }: { readonly afterId: string | null; readonly limit: number },
): Promise<readonly OrderHistory[]> =>
  rows(
    executor,
    orderHistory,
    `select ${selectedOrderColumns}, ${linesJson} as lines,
       (select coalesce(jsonb_agg(jsonb_build_object(
           'version', version, 'status', status, 'at', at, 'reason', reason,
           'actorKind', actor_kind, 'actorId', actor_id, 'paymentChange', payment_change,
           'refundId', refund_id) order by version), '[]')
         from order_changes where order_id = orders.id) as changes,
       (select coalesce(jsonb_agg(${refundJson} || jsonb_build_object('isSettled', state = 'SUCCEEDED')
           order by requested_at, id), '[]')
         from refunds where order_id = orders.id and state <> 'PENDING') as refunds
     from orders where ${afterId === null ? '$1::uuid is null' : 'id > $1'} order by id limit $2`,
    [afterId, limit],
  )

/** The next number for an order; a number that is not used in the end leaves a gap. */
export const nextOrderNumber = async (executor: Executor): Promise<string> => {
  const next = z.object({ number: z.string() })
  const found = await row(executor, next, `select nextval('order_numbers')::text as number`)
  if (found === undefined) throw new Error('The sequence order_numbers gave no number.')
  return found.number
}

const givenColumns = orderColumns.filter(({ property }) => property !== 'number')
const givenCount = givenColumns.length

// n.b. a number that is taken for an order that is not inserted in the end leaves a gap.
const insertOrderStatement = `
  with claimed as (
    ${insertKey(givenCount + 1)} returning order_id
  ), saved as (
    insert into orders (${givenColumns.map(({ name }) => name)}, number, step_due_at, fence, traceparent)
    select ${parametersFrom(1, givenCount)}, nextval('order_numbers'), now() + interval '${leaseSeconds} s', 1,
      $${givenCount + 10}
    from claimed
    returning id, number
  ), lines as (
    insert into order_items (order_id, position, product_id, product_name, sku, unit_price_minor, quantity)
    select id, position, "productId", "productName", sku, "unitPriceMinor", quantity
    from saved cross join jsonb_to_recordset($${givenCount + 7}::jsonb) as line (
      position integer, "productId" uuid, "productName" text, sku text, "unitPriceMinor" bigint, quantity integer)
  ), ${recordParts({ changes: `$${givenCount + 8}`, events: `$${givenCount + 9}` })}
  select number from saved`

/**
 * Inserts an order at its first fencing number, 1, with its lines, its record and its key, and returns its number, which
 * takes the place of the one in `order`. Inserts nothing and returns undefined if the key is taken; waits for another
 * transaction that takes the same key.
 */
export const insertOrder = async (
  executor: Executor,
  order: OrderRow,
  {
    lines,
    record,
    key,
  }: {
    readonly lines: readonly OrderLine[]
    readonly record: OrderRecord
    readonly key: KeyClaim
  },
): Promise<string | undefined> => {
  const inserted = await row(executor, z.object({ number: z.string() }), insertOrderStatement, [
    ...givenColumns.map(({ property }) => order[property]),
    ...keyValues(key),
    JSON.stringify(lines.map((line, position) => ({ ...line, position }))),
    ...[record.changes, record.events, currentTraceparent() ?? null],
  ])
  return inserted?.number
}

const fixedColumns: readonly (keyof OrderRow)[] = [
  ...(['id', 'number', 'customerId', 'placedAt', 'shipping'] as const),
  ...(['currency', 'totalMinor', 'paymentMethod'] as const),
]
const changingColumns = orderColumns.filter(({ property }) => !fixedColumns.includes(property))

const setProgress = (first: number): string =>
  changingColumns.map(({ name }, index) => `${name} = $${first + index}`).join(', ')

const progressOf = (order: OrderRow): readonly unknown[] =>
  changingColumns.map(({ property }) => order[property])

// n.b. the due time is by the database's clock, with which every process compares it.
const updateOrderStatement = `
  update orders
  set ${setProgress(7)}, step_attempts = $6, fence = $3, traceparent = coalesce($5, traceparent),
      step_due_at = now() + make_interval(secs => $4)
  where id = $1 and fence = $2
  returning id, number`

const updatedCount = 6 + changingColumns.length

const updateAndRecordStatement = `
  with saved as (${updateOrderStatement}),
  ${recordParts({ changes: `$${updatedCount + 1}`, events: `$${updatedCount + 2}` })},
  given_back as (${givingBack(`(select $${updatedCount + 3}::text[] from saved)`)})
  select coalesce((select array_agg(key) from given_back), '{}') as "givenBack" from saved`

/** What is written beside an order's row: its record, and the keys of what was counted for the order and is not used. */
type Beside = { readonly record: OrderRecord; readonly unusedKeys: readonly string[] }

/**
 * Writes an order, its next fencing number and what comes beside its row, and returns the keys that were given back. Writes
 * nothing and returns undefined if the order is at another fencing number than `fence`.
 */
export const updateOrder = async (
  executor: Executor,
  order: OrderRow,
  {
    fence,
    nextFence,
    traceparent,
    pauseMs,
    failedAttempts = 0,
  }: {
    readonly fence: number
    readonly nextFence: number
    /** After which its step is due, if the step is left to the sweepers; by default its writer has a lease for it. */
    readonly pauseMs?: number | undefined
    /** How often the step has failed in another way than by its calls. */
    readonly failedAttempts?: number | undefined
    /** Of the command after which the order has other steps to take; undefined if it goes on with its steps. */
    readonly traceparent?: string | undefined
  },
  beside: Beside | null,
): Promise<{ readonly givenBack: readonly string[] } | undefined> => {
  const dueInSeconds = pauseMs === undefined ? leaseSeconds : pauseMs / 1_000
  const due = order.step === null ? null : dueInSeconds
  const values = [order.id, fence, nextFence, due, traceparent ?? null, failedAttempts, ...progressOf(order)]
  if (beside === null) {
    // n.b. an insert into the outbox would wake the relay, even if it inserted nothing
    const saved = await row(executor, z.object(), updateOrderStatement, values)
    return saved && { givenBack: [] }
  }
  const { record, unusedKeys } = beside
  return row(executor, z.object({ givenBack: z.array(z.string()) }), updateAndRecordStatement, [
    ...values,
    ...[record.changes, record.events, unusedKeys],
  ])
}

/** Claims up to `limit` due steps for one lease each, and gives their orders the next fencing number. */
export const claimDueOrders = (executor: Executor, limit: number) =>
  rows(
    executor,
    claimedOrId,
    claimStatement('step is not null and step_due_at <= now()', 'for update skip locked'),
    [limit],
  )

/** Claims an order that waits for its payment, as claimDueOrders does, whenever it would be due. */
export const claimWaitingOrder = (executor: Executor, orderId: string): Promise<ClaimedRow | undefined> =>
  row(executor, claimedRow, claimStatement(`id = $2 and step = 'AWAIT_PAYMENT'`, 'for update'), [1, orderId])

const claimStatement = (condition: string, lock: string): string => `
     with due as materialized (
       select id from orders
       where ${condition}
       order by step_due_at
       limit $1
       ${lock}
     ), claimed as (
       update orders
       set step_due_at = now() + interval '${leaseSeconds} s' * least(fence + 1, ${maxLeases}), fence = fence + 1
       from due
       where orders.id = due.id
       returning orders.*
     )
     select ${storedColumns}, step_attempts as calls, traceparent,
       ${leaseSeconds} * least(fence, ${maxLeases}) as "leaseSeconds"
     from claimed as orders`

/**
 * Writes how far an order has come and makes its step due again after a delay, which grows with each call that was made, and
 * is an hour after a refusal; does nothing at another fencing number.
 * n.b. nor at another step than the one that was last written: a write whose answer was lost may have been carried out.
 */
export const postponeStep = async (
  executor: Executor,
  order: OrderRow,
  {
    fence,
    writtenStep,
    why,
  }: { readonly fence: number; readonly writtenStep: Step | null; readonly why: Postponement },
): Promise<void> => {
  const attempts = `case when step = $4 then step_attempts else 0 end`
  await affected(
    executor,
    `update orders
     set ${setProgress(6)},
         step_due_at = now() + make_interval(
           secs => case $3
             when 'notMade' then ${notMadeDelaySeconds}
             when 'refused' then ${refusedDelaySeconds}
             else least(${firstDelaySeconds} * 2 ^ least(${attempts}, 10), ${longestDelaySeconds}) end),
         step_attempts = ${attempts} + ($3 <> 'notMade')::integer
     where id = $1 and fence = $2 and step = $5`,
    [order.id, fence, why, order.step, writtenStep, ...progressOf(order)],
  )
}

/** Makes the orders of these due now that wait for the payment provider. Returns their number. */
export const hastenWaiting = (executor: Executor, orderIds: readonly string[]): Promise<number> =>
  affected(
    executor,
    `update orders set step_due_at = now()
     where id = any ($1::uuid[]) and step in ('AWAIT_PAYMENT', 'CAPTURE_PAYMENT', 'REFUND') and step_due_at > now()`,
    [orderIds],
  )

/** Makes the next step of an order due now, if it has one and is not due already. */
export const hastenStep = (executor: Executor, orderId: string): Promise<number> =>
  affected(
    executor,
    'update orders set step_due_at = now() where id = $1 and step is not null and step_due_at > now()',
    [orderId],
  )
