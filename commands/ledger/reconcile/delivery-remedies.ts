import { republish } from '@supergraph/messaging/outbox/republish.ts'
import { row, rows } from '@supergraph/postgres/statements.ts'
import { z } from 'zod'
import { receivers } from '../../../queues.ts'
import { deed, type Remedy } from './remedy.ts'
import { type ReconciledPart, reconciledParts, type Shop } from './shop.ts'

/**
 * Events that were published and that a queue has never handled, by queue: its broker has lost them, or its database has. n.b. of
 * what was published before a queue took it, nothing is lost: a healthy shop with a new queue would send e-mails of long ago.
 */
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
        const missing = await findUnhandled(shop, { from, part, queue, types })
        if (missing.length === 0) continue
        found.push({
          ...{ kind: 'event-unhandled', subject: queue },
          ...deed(
            `send ${missing.length} events of ${from} to it again: ${[...new Set(types)].join(', ')}`,
            async () => (await republishAll(shop.write[from], missing, queue)) > 0,
          ),
        })
      }
    }
  }
  return found
}

const idsPerStatement = 2_000

const republishAll = async (
  database: Shop['write'][ReconciledPart],
  ids: readonly string[],
  queue: string,
): Promise<number> => {
  let sent = 0
  for (let from = 0; from < ids.length; from += idsPerStatement)
    sent += await republish(database, ids.slice(from, from + idsPerStatement), [queue])
  return sent
}

type Delivery = {
  readonly from: ReconciledPart
  readonly part: ReconciledPart
  readonly queue: string
  readonly types: readonly string[]
}

const eventRow = z.object({
  key: z.coerce.number(),
  id: z.string(),
  type: z.string(),
  publishedAt: z.date(),
  isExpired: z.boolean(),
})

type Event = z.output<typeof eventRow>

// n.b. outbox and inbox are kept for seven days, and pruned at different times
const publishedQuery = `
  select id as key, message_id as id, envelope ->> 'type' as type, published_at as "publishedAt",
    coalesce((envelope -> 'data' ->> 'expiresAt')::timestamptz < now(), false) as "isExpired"
  from outbox
  where published_at > now() - interval '6 days' and dead_letters = '[]' and envelope ->> 'type' = any ($1) and id > $2
  order by id limit $3`

const findUnhandled = async (
  shop: Shop,
  { from, part, queue, types }: Delivery,
): Promise<readonly string[]> => {
  const began = await row(
    shop.write[part],
    z.object({ at: z.date().nullable() }),
    'select min(handled_at) as at from inbox where queue = $1',
    [queue],
  )
  const beganAt = began?.at ?? null
  if (beganAt === null) return []
  const firstHandled = new Map<string, number>()
  const unhandled: Event[] = []
  for (let after = 0; ; ) {
    const values = [types, after, idsPerStatement]
    const events = await rows(shop.write[from], eventRow, publishedQuery, values)
    const handled = new Set(await handledAmong(shop, part, queue, events))
    for (const event of events) {
      if (!handled.has(event.id)) unhandled.push(event)
      else if (!firstHandled.has(event.type)) firstHandled.set(event.type, event.key)
    }
    const last = events.at(-1)
    if (last === undefined || events.length < idsPerStatement) break
    after = last.key
  }
  const isExpected = ({ key, type, publishedAt }: Event): boolean => {
    const first = firstHandled.get(type)
    if (first !== undefined) return key > first
    // n.b. the type may be new to the queue; the ledger itself finds news of orders that notifications lacks
    return part !== 'notifications' && publishedAt >= beganAt
  }
  return unhandled.filter(event => isExpected(event) && !event.isExpired).map(({ id }) => id)
}

const handledAmong = async (shop: Shop, part: ReconciledPart, queue: string, events: readonly Event[]) =>
  (
    await rows(
      shop.write[part],
      z.object({ id: z.string() }),
      'select message_id as id from inbox where queue = $1 and message_id = any ($2::uuid[])',
      [queue, events.map(({ id }) => id)],
    )
  ).map(({ id }) => id)
