import { appendToOutbox } from '@supergraph/messaging/outbox/outbox.ts'
import { affected, row, rows } from '@supergraph/postgres/statements.ts'
import type { Running } from '@supergraph/runtime/lifecycle.ts'
import type { Logger } from '@supergraph/runtime/logger.ts'
import { startLoop } from '@supergraph/runtime/loop.ts'
import { uuidv7 } from '@supergraph/runtime/uuid.ts'
import { CustomerForgotten } from '@supergraph/schema/events/orders.ts'
import type { DataSource, EntityManager } from 'typeorm'
import { z } from 'zod'

/** What stands in the place of a value that was forgotten. */
export const forgotten = 'deleted'

const everyMs = 60_000
/** n.b. an order of a request that was under way when its customer was deleted may be written a little later */
const lateHours = 24

const customer = z.object({ id: z.string() })

/** Remembers that a customer's account was deleted. */
export const noteDeleted = async (manager: EntityManager, customerId: string): Promise<void> => {
  await affected(
    manager,
    'insert into deleted_customers (customer_id) values ($1) on conflict (customer_id) do nothing',
    [customerId],
  )
}

/**
 * Replaces what the orders of a deleted customer hold of the person, but for those that are under way: they need an address. Once
 * none is, the forgetting is done, and everybody is told, once.
 */
export const forgetCustomer = async (manager: EntityManager, customerId: string): Promise<void> => {
  // n.b. one at a time for a customer; the row is there, since it is written first
  await rows(manager, z.object({}), 'select from deleted_customers where customer_id = $1 for update', [
    customerId,
  ])
  const orders = await rows(manager, customer, replaceInOrders, [customerId, forgotten])
  const ids = orders.map(({ id }) => id)
  await affected(manager, 'update order_changes set reason = null where order_id = any ($1::uuid[])', [ids])
  await affected(manager, 'update refunds set reason = null where order_id = any ($1::uuid[])', [ids])
  await affected(manager, replaceInEvents, [ids, forgotten])
  await affected(manager, replaceInActs, [ids, forgotten])
  const done = await row(manager, customer, finish, [customerId])
  if (done === undefined) return
  await affected(manager, 'delete from idempotency_keys where user_id = $1', [customerId])
  const id = uuidv7()
  await appendToOutbox(manager, [
    CustomerForgotten.create({
      id,
      subject: id,
      version: 1,
      occurredAt: new Date(),
      data: { userId: customerId },
    }),
  ])
}

/** Goes on with what could not be forgotten yet, once a minute; `stop` waits for the customer under way. */
export const startForgettingCustomers = (database: DataSource, logger: Logger): Running =>
  startLoop({
    everyMs,
    work: async stopping => {
      for (const { id } of await rows(database, customer, unfinished, [lateHours])) {
        if (stopping.aborted) return
        await database.transaction(manager => forgetCustomer(manager, id))
      }
    },
    onError: error =>
      logger.error({ err: error }, 'deleted customers could not be forgotten; the next try is in 60 s'),
  })

const isUnderWay = `(status in ('PENDING', 'CONFIRMED') or step is not null)`

// n.b. the locked row is read by whoever changes the order later; the country is what book-keeping needs for its taxes
const replacedShipping = `jsonb_build_object('name', $2::text, 'line1', $2::text, 'line2', null, 'city', $2::text,
  'postalCode', $2::text, 'country', shipping -> 'country')`

const replaceInOrders = `
  update orders set payment_method = $2::text, shipping = ${replacedShipping},
    tracking = case when tracking is not null then jsonb_build_object('carrier', null, 'trackingNumber', $2::text) end
  where customer_id = $1 and (payment_method <> $2 or shipping <> ${replacedShipping}) and not ${isUnderWay}
  returning id`

const replaceInData = `
  update outbox set envelope = jsonb_set(envelope, '{data}', envelope -> 'data' || (
    select coalesce(jsonb_object_agg(key, $2::text), '{}') from jsonb_each(envelope -> 'data')
    where key in ('reason', 'trackingNumber', 'carrier') and jsonb_typeof(value) = 'string'))`

const replaceInEvents = `${replaceInData} where aggregate_id = any ($1::text[])`

// n.b. what waits still must come to the audit log as it is
const replaceInActs = `${replaceInData}
  where envelope ->> 'type' = 'order.staff-acted' and envelope #>> '{data,about,id}' = any ($1::text[])
    and published_at is not null`

const finish = `
  update deleted_customers set forgotten_at = now()
  where customer_id = $1 and forgotten_at is null
    and not exists (select from orders where orders.customer_id = $1 and ${isUnderWay})
  returning customer_id as id`

const unfinished = `
  select customer_id as id from deleted_customers where forgotten_at is null
  union select customer_id from deleted_customers where deleted_at > now() - make_interval(hours => $1)`
