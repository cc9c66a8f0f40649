import type { Value } from '../copy.ts'
import { dayMs, type History, idOf, type PastOrder } from '../history.ts'

export const unitPriceMinor = 1_900
/** How long what is pruned is kept, in days. */
export const kept = { messages: 7, orderUpdates: 30, notifications: 90 }

export type Table = {
  readonly table: string
  readonly columns: readonly string[]
  readonly rows: Iterable<readonly Value[]>
}

export const firstOrderNumber = 100_001
export const currency = 'EUR'
export const shipping = {
  name: 'Ada',
  line1: '1 Road',
  line2: null,
  city: 'London',
  postalCode: 'N1',
  country: 'GB',
}

export const iso = (ms: number): string => new Date(ms).toISOString()
export const totalOf = ({ lines }: PastOrder): number =>
  lines.reduce((sum, { quantity }) => sum + quantity * unitPriceMinor, 0)
/** n.b. a change each hour, but none in the future */
export const changedAt = ({ atMs }: PastOrder, version: number, { endMs }: History): string =>
  iso(Math.min(atMs + (version - 1) * 3_600_000, endMs))
export const eventId = (order: PastOrder, version: number): string =>
  idOf('event', order.number * 8 + version, order.atMs)
export const isTaken = ({ status }: PastOrder): boolean => status !== 'PENDING' && status !== 'REJECTED'

export function* each<T>(
  items: Iterable<T>,
  rowsOf: (item: T) => readonly (readonly Value[])[],
): Generator<readonly Value[]> {
  for (const item of items) yield* rowsOf(item)
}
export function* numbers(count: number): Generator<number> {
  for (let number = 0; number < count; number += 1) yield number
}

/** Accounts that were deleted a year ago, as many as there are customers. */
export const deleted = ({ customers, endMs }: History) => {
  const at = iso(endMs - 365 * dayMs)
  return numbers(customers).map(number => ({ id: idOf('user', customers + number, endMs - 400 * dayMs), at }))
}

/** What an inbox remembers of a queue. */
export const inboxOf = (queue: string, history: History): Table => ({
  table: 'inbox',
  columns: ['message_id', 'queue', 'handled_at'],
  rows: each(history.orders(kept.messages), order => [[eventId(order, 7), queue, iso(order.atMs)]]),
})

/** What throttles remember of the last hour. */
export const throttled = ({ customers, endMs }: History): Table => ({
  table: 'throttle_counts',
  columns: ['key', 'forgotten_at', 'burst', 'first_wait', 'forgets_one_every'],
  rows: numbers(customers).map(customer => [
    `key ${customer}`,
    iso(endMs + dayMs),
    100,
    '1 second',
    '1 second',
  ]),
})

export type PastEvent = {
  readonly id: string
  readonly type: string
  readonly subject: string
  readonly version: number
}

export const outboxOf = (
  source: string,
  history: History,
  eventsOf: (order: PastOrder) => readonly PastEvent[],
): Table => ({
  table: 'outbox',
  columns: ['message_id', 'aggregate_id', 'envelope', 'created_at', 'published_at', 'attempts'],
  rows: each(history.orders(kept.messages), order =>
    eventsOf(order).map(event => [
      ...[event.id, event.subject, envelopeOf(source, event, order)],
      ...[iso(order.atMs), iso(order.atMs), 1],
    ]),
  ),
})

/** An event as it lies in an outbox. */
export const envelopeOf = (
  source: string,
  { id, type, subject, version }: PastEvent,
  { atMs }: PastOrder,
) => ({
  ...{
    specversion: '1.0',
    id,
    source,
    type,
    subject,
    time: iso(atMs),
    datacontenttype: 'application/json',
    version,
  },
  data: { orderId: subject, filling: 'x'.repeat(300) },
})
