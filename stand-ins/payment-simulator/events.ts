import { bigint } from '@supergraph/postgres/bigint.ts'
import { affected, row, rows } from '@supergraph/postgres/statements.ts'
import { uuidv7 } from '@supergraph/runtime/uuid.ts'
import type { DataSource, EntityManager } from 'typeorm'
import { z } from 'zod'
import { integer, list, type Parameters, pageSize, parseParameters } from './form.ts'
import { invalidRequest, noSuch } from './stripe-error.ts'
import type { Work } from './work.ts'

/** What the simulator tells of. */
export const eventTypes = [
  'payment_intent.amount_capturable_updated',
  'payment_intent.canceled',
  'payment_intent.payment_failed',
  'payment_intent.processing',
  'payment_intent.succeeded',
  'charge.refunded',
  'refund.failed',
  'refund.updated',
  'charge.dispute.created',
  'charge.dispute.updated',
  'charge.dispute.closed',
] as const

export type EventType = (typeof eventTypes)[number]

/** The version of Stripe's API whose objects the simulator shows. */
export const apiVersion = '2026-10-28.endive'

/** Has an event stored with the object as it is now, in the transaction that changed the object. */
export const record = ({ isTold, changes }: Work, type: EventType, object: object): void => {
  const id = `evt_${uuidv7().replaceAll('-', '')}`
  const body = JSON.stringify({
    id,
    object: 'event',
    api_version: apiVersion,
    created: Math.floor(Date.now() / 1_000),
    data: { object },
    livemode: false,
    pending_webhooks: isTold ? 1 : 0,
    request: { id: null, idempotency_key: null },
    type,
  })
  changes.events.push({ id, type, body })
}

const moment = integer.optional()

const listing = z.strictObject({
  type: z.string().optional(),
  types: list.optional(),
  created: z
    .union([
      integer.transform(at => ({ gte: at, lte: at, gt: undefined, lt: undefined })),
      z.strictObject({ gt: moment, gte: moment, lt: moment, lte: moment }),
    ])
    .optional(),
  limit: pageSize,
  starting_after: z.string().optional(),
})

const storedEvent = z.object({ position: bigint, body: z.string().transform(body => JSON.parse(body)) })

/** What has happened in the last 30 days, newest first. */
export const listEvents = async ({ manager }: Work, parameters: Parameters) => {
  const { type, types, created, limit, starting_after: id } = parseParameters(listing, parameters)
  const last =
    id === undefined ? undefined : await findEvent(manager, { id, param: 'starting_after', status: 400 })
  const found = await rows(
    manager,
    storedEvent,
    `select position, body from events
     where ($1::text[] is null or type like any ($1)) and ($2::bigint is null or position < $2)
       and floor(extract(epoch from created_at)) > coalesce($3::bigint, -1)
       and floor(extract(epoch from created_at)) >= coalesce($4::bigint, -1)
       and floor(extract(epoch from created_at)) < coalesce($5::bigint, 1e15)
       and floor(extract(epoch from created_at)) <= coalesce($6::bigint, 1e15)
     order by position desc
     limit $7`,
    [
      patternsOf(type, types),
      last?.position ?? null,
      ...[created?.gt, created?.gte, created?.lt, created?.lte].map(at => at ?? null),
      limit + 1,
    ],
  )
  return {
    object: 'list',
    data: found.slice(0, limit).map(({ body }) => body),
    has_more: found.length > limit,
    url: '/v1/events',
  }
}

/** One event. */
export const retrieveEvent = async ({ manager }: Work, id: string) =>
  (await findEvent(manager, { id, param: 'id', status: 404 })).body

type Wanted = { readonly id: string; readonly param: string; readonly status: 400 | 404 }

const findEvent = async (manager: EntityManager, wanted: Wanted) => {
  const found = await row(manager, storedEvent, 'select position, body from events where id = $1', [
    wanted.id,
  ])
  if (found === undefined) throw noSuch('event', wanted)
  return found
}

// n.b. charge.* stands for every type that begins so, and an underscore for itself
const patternsOf = (
  type: string | undefined,
  types: readonly string[] | undefined,
): readonly string[] | null => {
  if (type !== undefined && types !== undefined) {
    throw invalidRequest('You may only specify one of these parameters: type, types.', { param: 'types' })
  }
  const wanted = types ?? (type === undefined ? undefined : [type])
  return wanted?.map(each => each.replaceAll(/[\\%_]/g, '\\$&').replaceAll('*', '%')) ?? null
}

/** Deletes what happened more than 30 days ago. */
export const pruneEvents = (database: DataSource): Promise<number> =>
  affected(database, `delete from events where created_at < now() - interval '30 days'`)
