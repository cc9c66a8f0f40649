import { affected, parametersFrom, row } from '@supergraph/postgres/statements.ts'
import { uuidv7 } from '@supergraph/runtime/uuid.ts'
import type { DataSource, EntityManager } from 'typeorm'
import { z } from 'zod'
import { type CaughtUp, catchUp, type Elsewhere, recoverOrder } from '../domain/catch-up.ts'
import { type Order, type OrderLine, type PlaceOrder, system } from '../domain/order.ts'
import { recordEvents, recordOf } from './order-history.ts'
import { toOrder, toRow } from './order-row.ts'
import { lockOrder, updateOrder } from './order-statements.ts'
import { insertRefund } from './refunds.ts'
import { toStored } from './stored-order.ts'
import { orderColumns, orderItemTable, orderRow, selectedOrderColumns } from './tables.ts'

/** What is left of an order that its database has lost; `number` is null if nobody remembers it. */
export type LostOrder = Omit<PlaceOrder, 'number' | 'paymentMethod'> & {
  readonly number: string | null
  readonly placedAt: Date
  readonly lines: readonly OrderLine[]
}

/** What an order would catch up with; undefined if there is no such order. Writes nothing. */
export const foreseeCatchUp = async (
  database: DataSource,
  orderId: string,
  elsewhere: Elsewhere,
  now: Date,
): Promise<CaughtUp | undefined> => {
  const found = await row(database, orderRow, `select ${selectedOrderColumns} from orders where id = $1`, [
    orderId,
  ])
  return found && catchUp(toOrder(found, null), elsewhere, now)
}

/** Takes an order through what others know of it, with its history, its refunds and its events. */
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
    if (caught.events.length === 0) return caught
    const record = recordOf(caught.order, stored.lines, caught.events)
    const lease = { fence: stored.fence, nextFence: stored.fence + 1, pauseMs: 0 }
    await updateOrder(manager, toRow(caught.order, stored.row.shipping), lease, { record, unusedKeys: [] })
    await writeRefunds(manager, stored.order, caught, now)
    return caught
  })

/**
 * Inserts an order that was lost, under its number if no order has it by now, and lets later orders have higher numbers. Does
 * nothing and returns undefined if the order is there.
 */
export const insertLostOrder = (
  database: DataSource,
  { lines, number, ...facts }: LostOrder,
  elsewhere: Elsewhere,
  now: Date,
): Promise<CaughtUp | undefined> =>
  database.transaction(async manager => {
    const caught = recoverOrder({ ...facts, number: '', paymentMethod: unknown }, elsewhere, now)
    const free = await row(manager, numberRow, numberStatement, [facts.id, number])
    if (free === undefined) return undefined
    const order = { ...caught.order, number: free.number }
    const lost = toRow(order, unknownAddress)
    await affected(manager, insertStatement, [
      lost.step,
      ...orderColumns.map(({ property }) => lost[property]),
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
    await insertRefund(manager, order.id, refund, { state: 'SUCCEEDED', requestedAt: now })
  }
  if (restMinor <= 0) return
  const rest = { id: uuidv7(), amountMinor: restMinor, lines: [], reason: null, actor: system }
  await insertRefund(manager, order.id, rest, { state: 'SUCCEEDED', requestedAt: now })
}
