import { affected, parametersFrom, row } from '@supergraph/postgres/statements.ts'
import { uuidv7 } from '@supergraph/runtime/uuid.ts'
import type { DataSource, EntityManager } from 'typeorm'
import { z } from 'zod'
import { type CaughtUp, catchUp, recoverOrder, type Unclear } from '../domain/catch-up.ts'
import type { Elsewhere } from '../domain/elsewhere.ts'
import { type Order, type OrderLine, type PlaceOrder, system } from '../domain/order.ts'
import { recordEvents, recordOf } from './order-history.ts'
import { toRow } from './order-row.ts'
import { lockOrder, readOrder, updateOrder } from './order-statements.ts'
import { insertRefund } from './refunds.ts'
import { toStored } from './stored-order.ts'
import { orderColumns, orderItemTable, refundTable } from './tables.ts'

/** What is left of an order that its database has lost; `number` is null if nobody remembers it. */
export type LostOrder = Omit<PlaceOrder, 'number' | 'paymentMethod'> & {
  readonly number: string | null
  readonly placedAt: Date
  readonly lines: readonly OrderLine[]
}

/** What an order would catch up with; undefined if there is no such order, or if it is not behind. Writes nothing. */
export const foreseeCatchUp = async (
  database: DataSource,
  orderId: string,
  elsewhere: Elsewhere,
  now: Date,
): Promise<CaughtUp | Unclear | undefined> => {
  const found = await readOrder(database, orderId)
  if (found === undefined) return undefined
  const { order } = toStored(found)
  const caught = catchUp(order, elsewhere, now)
  return caught.kind === 'caughtUp' && caught.order === order ? undefined : caught
}

/**
 * Takes an order through what others know of it, with its history, its refunds and its events. Writes nothing and returns undefined
 * if there is no such order, if it is not behind, or if what happened to it is unclear.
 */
export const catchUpOrder = (
  database: DataSource,
  orderId: string,
  elsewhere: Elsewhere,
  now: Date,
): Promise<CaughtUp | undefined> =>
  database.transaction(async manager => {
    const found = await lockOrder(manager, orderId)
    if (found === undefined) return undefined
    const stored = toStored(found)
    const caught = catchUp(stored.order, elsewhere, now)
    if (caught.kind === 'unclear' || caught.order === stored.order) return undefined
    const record = recordOf(caught.order, stored.lines, caught.events)
    const lease = { fence: stored.fence, nextFence: stored.fence + 1, pauseMs: 0 }
    const beside = caught.events.length === 0 ? null : { record, unusedKeys: [] }
    await updateOrder(manager, toRow(caught.order, stored.row.shipping), lease, beside)
    await writeRefunds(manager, stored.order, caught, now)
    return caught
  })

/** What a lost order would be when it is made anew. */
export const foreseeLostOrder = (
  { lines: _, number: __, ...facts }: LostOrder,
  elsewhere: Elsewhere,
  now: Date,
): CaughtUp | Unclear => recoverOrder({ ...facts, number: '', paymentMethod: unknown }, elsewhere, now)

/**
 * Inserts an order that was lost, under its number if no order has it by now, and lets later orders have higher numbers. Does
 * nothing and returns undefined if the order is there, or if what happened to it is unclear.
 */
export const insertLostOrder = (
  database: DataSource,
  lost: LostOrder,
  elsewhere: Elsewhere,
  now: Date,
): Promise<CaughtUp | undefined> =>
  database.transaction(async manager => {
    const { id, lines, number } = lost
    const caught = foreseeLostOrder(lost, elsewhere, now)
    if (caught.kind === 'unclear') return undefined
    const free = await row(manager, numberRow, numberStatement, [id, number])
    if (free === undefined) return undefined
    const order = { ...caught.order, number: free.number }
    const stored = toRow(order, unknownAddress)
    await affected(manager, insertStatement, [
      stored.step,
      ...orderColumns.map(({ property }) => stored[property]),
    ])
    await manager.insert(
      orderItemTable,
      lines.map((line, position) => ({ ...line, orderId: order.id, position })),
    )
    await recordEvents(manager, order.id, recordOf(order, lines, caught.events))
    const before: Order = { ...order, payment: { ...order.payment, refundedMinor: 0 } }
    await writeRefunds(manager, before, { ...caught, order }, now)
    return { ...caught, order }
  })

const unknown = 'unknown'

const unknownAddress = {
  name: unknown,
  line1: unknown,
  line2: null,
  city: unknown,
  postalCode: unknown,
  country: 'ZZ',
}

const numberRow = z.object({ number: z.string() })

// n.b. the sequence was restored with the orders, and would give the numbers of lost orders to others
const numberStatement = `
  with remembered as (select $2::text as number where $2::text is not null),
  raised as (
    select setval('order_numbers', greatest(remembered.number::bigint, last_value)) from remembered cross join order_numbers
  )
  select case when exists (select from orders where orders.number = remembered.number) or remembered.number is null
    then nextval('order_numbers')::text else remembered.number end as number
  from (select count(*) from raised) as done left join remembered on true
  where not exists (select from orders where id = $1)`

const insertStatement = `
  insert into orders (step_due_at, fence, ${orderColumns.map(({ name }) => name)})
  select case when $1::text is not null then now() end, 1, ${parametersFrom(2, orderColumns.length)}`

/** Writes the refunds among what an order has caught up with, and what else was returned as one of the shop's own. */
const writeRefunds = async (
  manager: EntityManager,
  before: Order,
  { order, refunds }: CaughtUp,
  now: Date,
): Promise<void> => {
  let restMinor = order.payment.refundedMinor - before.payment.refundedMinor
  for (const refund of refunds) {
    restMinor -= refund.amountMinor
    if (refund.id === before.pendingRefund?.id)
      await manager.update(refundTable, { id: refund.id }, { state: 'SUCCEEDED' })
    else {
      const { providerId } = refund
      await insertRefund(manager, order.id, refund, { state: 'SUCCEEDED', requestedAt: now, providerId })
    }
  }
  if (restMinor <= 0) return
  const rest = { id: uuidv7(), amountMinor: restMinor, lines: [], reason: null, actor: system }
  await insertRefund(manager, order.id, rest, { state: 'SUCCEEDED', requestedAt: now })
}
