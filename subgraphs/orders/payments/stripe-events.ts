import { z } from 'zod'
import { type Span, topicOf, type WebhookEvent } from '../domain/webhook-event.ts'
import type { StripeClient } from './stripe-client.ts'

/** n.b. payments that wait are asked for anyway, and a shop has far more that succeed than all of these. */
const types = [
  ...['payment_intent.payment_failed', 'payment_intent.canceled'],
  ...['charge.refunded', 'charge.refund.updated', 'refund.created', 'refund.updated', 'refund.failed'],
  ...['charge.dispute.created', 'charge.dispute.updated', 'charge.dispute.closed'],
  ...['charge.dispute.funds_withdrawn', 'charge.dispute.funds_reinstated'],
]

/** What has happened by itself to payments in this time, latest first, in pages. */
export async function* eventsOf(
  client: StripeClient,
  { from, to }: Span,
): AsyncGenerator<readonly WebhookEvent[]> {
  const created = { gte: secondsOf(from), lte: secondsOf(to) }
  for (let last: string | undefined; ; ) {
    const after = last === undefined ? {} : { starting_after: last }
    const { data, has_more: hasMore } = await client.ask((stripe, options) =>
      stripe.events.list({ types, created, limit: 100, ...after }, options),
    )
    yield data.flatMap(each => parseEvent(each) ?? [])
    last = data.at(-1)?.id
    if (!hasMore || last === undefined) return
  }
}

/** What is kept of an event of Stripe; undefined if it is none with its object. */
export const parseEvent = (value: unknown): WebhookEvent | undefined => {
  const { data } = event.safeParse(value)
  if (data === undefined) return undefined
  const {
    id,
    type,
    created,
    data: { object },
  } = data
  return {
    id,
    type,
    topic: topicOf(type),
    paymentId: (object.object === 'payment_intent' ? object.id : object.payment_intent) ?? null,
    orderId: object.metadata?.order_id?.toLowerCase() ?? null,
    createdAt: new Date(created * 1_000),
  }
}

// n.b. no other characters, so that PostgreSQL and logs can take them
const name = z.string().regex(/^[\w.:-]{1,255}$/)
const named = name.nullish().catch(null)
const reference = z.union([named, z.object({ id: name }).transform(({ id }) => id)]).catch(null)

const event = z.object({
  id: name,
  type: name,
  created: z
    .int()
    .min(0)
    .max(Number.MAX_SAFE_INTEGER / 1_000),
  data: z.object({
    object: z.object({
      object: z.string().optional(),
      id: named,
      payment_intent: reference,
      metadata: z
        .object({ order_id: z.uuid().optional().catch(undefined) })
        .nullish()
        .catch(null),
    }),
  }),
})

const secondsOf = (at: Date): number => Math.floor(at.getTime() / 1_000)
