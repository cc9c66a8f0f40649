import { deleteInBatches } from '@supergraph/postgres/batches.ts'
import { affected, type Executor, rows } from '@supergraph/postgres/statements.ts'
import type { Running } from '@supergraph/runtime/lifecycle.ts'
import type { Logger } from '@supergraph/runtime/logger.ts'
import { startLoop } from '@supergraph/runtime/loop.ts'
import type { DataSource } from 'typeorm'
import { z } from 'zod'
import { steps } from '../domain/next-step.ts'
import { topics, type WebhookEvent } from '../domain/webhook-event.ts'

/** How long a claimed event is left alone: twice as long each time, up to this. */
const longestPauseSeconds = 900
/** For how long an event is tried that could not be handled: a bank may take ten working days for a refund before it. */
const triedDays = 14
const keptDays = 30

/** Stores each event once, however often it comes. Returns how many are new. */
export const storeWebhookEvents = async (
  executor: Executor,
  events: readonly WebhookEvent[],
): Promise<number> =>
  affected(
    executor,
    `insert into webhook_events (id, type, topic, payment_id, order_id, created_at, handled_at)
     select id, type, topic, "paymentId", "orderId", "createdAt", case when topic is null then now() end
     from jsonb_to_recordset($1::jsonb) as event (
       id text, type text, topic text, "paymentId" text, "orderId" uuid, "createdAt" timestamptz)
     order by id
     on conflict do nothing`,
    [JSON.stringify(events)],
  )

const hintedOrder = z.object({
  eventId: z.string(),
  type: z.string(),
  topic: z.enum(topics),
  /** Whether it does not come again if it is not handled now. */
  isLast: z.boolean(),
  /** The order that the event is about, its next step and its fencing number; null if there is none. */
  orderId: z.string().nullable(),
  step: z.enum(steps).nullable(),
  fence: z.int().nullable(),
  /** The order's payment and its currency. */
  paymentId: z.string().nullable(),
  currency: z.string().nullable(),
})
/** An event, and how far its order has come. */
export type HintedOrder = Readonly<z.output<typeof hintedOrder>>

/**
 * Claims up to `limit` events that are not handled. One that is not ended comes again after 2 s, then 4 s, and so on up to
 * every 15 minutes, until it has been there for 14 days.
 */
export const claimWebhookEvents = (executor: Executor, limit: number): Promise<readonly HintedOrder[]> =>
  rows(
    executor,
    hintedOrder,
    `with due as materialized (
       select id from webhook_events where handled_at is null and due_at <= now()
       order by due_at limit $1 for update skip locked
     ), claimed as (
       update webhook_events
       set tries = tries + 1,
           due_at = now() + make_interval(secs => least(power(2, least(tries, 10) + 1), ${longestPauseSeconds})),
           handled_at = case when received_at < now() - make_interval(days => ${triedDays}) then now() end
       from due where webhook_events.id = due.id
       returning webhook_events.*
     )
     select claimed.id as "eventId", claimed.type, claimed.topic, claimed.handled_at is not null as "isLast",
       found.id as "orderId", found.step, found.fence, found.payment_id as "paymentId", found.currency
     from claimed left join lateral (
       select id, step, fence, payment_id, currency from orders where orders.payment_id = claimed.payment_id
       union all
       select id, step, fence, payment_id, currency from orders where orders.id = claimed.order_id
       limit 1
     ) as found on true`,
    [limit],
  )

/** Notes that events are handled. */
export const endWebhookEvents = (executor: Executor, events: readonly HintedOrder[]): Promise<number> =>
  affected(executor, 'update webhook_events set handled_at = now() where id = any ($1::text[])', [
    events.map(({ eventId }) => eventId),
  ])

/** Deletes handled events that came more than 30 days ago, until when the provider can be told to send them again. Returns their number. */
export const pruneWebhookEvents = (database: DataSource): Promise<number> =>
  deleteInBatches(
    database,
    `delete from webhook_events where id in (
       select id from webhook_events
       where handled_at is not null and received_at < now() - make_interval(days => $2)
       order by received_at limit $1 for update skip locked)`,
    [keptDays],
  )

/** Prunes the events now and then every hour; `stop` waits for the batch in flight. */
export const startWebhookPruning = (database: DataSource, logger: Logger): Running =>
  startLoop({
    everyMs: 3_600_000,
    work: async () => {
      const events = await pruneWebhookEvents(database)
      if (events > 0) logger.info({ events }, 'pruned old events of the payment provider')
    },
    onError: error => logger.warn({ err: error }, 'pruning old events failed; the next try is in an hour'),
  })
