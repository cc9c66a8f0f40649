import type { DatabaseServer } from '../../testbed/database-server.ts'

const confirmed = { status: 'CONFIRMED', refundedMinor: 0, disputes: null, sentBack: 0 } as const

/**
 * What becomes of a payment after its order was confirmed, by itself or in the provider's console, and what the order is in the end.
 * `sentBack` is the number of refunds that the bank sends back.
 */
export const fates = [
  { ...confirmed, name: 'refunded at the provider', status: 'REFUNDED', refundedMinor: 'all' },
  { ...confirmed, name: 'refunded there in part', refundedMinor: 50 },
  { ...confirmed, name: 'refunded there, and sent back', sentBack: 1 },
  { ...confirmed, name: 'refunded here, and sent back', sentBack: 1 },
  { ...confirmed, name: 'disputed, and lost', disputes: 'LOST' },
  { ...confirmed, name: 'disputed, and won', disputes: 'WON' },
] as const

export type Fate = (typeof fates)[number]

/** An order with the fate of its payment. */
export type Victim = { readonly fate: Fate; readonly key: string; readonly orderId: string }

type End = {
  readonly id: string
  readonly status: string
  readonly totalMinor: number
  readonly refundedMinor: number
  readonly disputes: string | null
}

/** One line for each order that is not what its payment's fate makes of it. */
export const findDifferent = async (
  { query }: Pick<DatabaseServer, 'query'>,
  victims: readonly Victim[],
): Promise<readonly string[]> => {
  const ids = victims.map(({ orderId }) => orderId)
  const ends = new Map((await query<End>('orders', endsOfOrders, [ids])).map(end => [end.id, end]))
  const sentBack = new Map(
    (await query<{ orderId: string; count: number }>('payment-simulator', sentBackOfOrders, [ids])).map(
      ({ orderId, count }) => [orderId, count],
    ),
  )
  return victims.flatMap(({ fate, key, orderId }) => {
    const end = ends.get(orderId)
    const expectedMinor = fate.refundedMinor === 'all' ? end?.totalMinor : fate.refundedMinor
    const isRight =
      end?.status === fate.status &&
      end.refundedMinor === expectedMinor &&
      end.disputes === fate.disputes &&
      (sentBack.get(orderId) ?? 0) === fate.sentBack
    return isRight ? [] : [`${key} was ${fate.name}, and ends as ${JSON.stringify(end)}`]
  })
}

const endsOfOrders = `
  select id, status, total_minor::float8 as "totalMinor", refunded_minor::float8 as "refundedMinor",
    (select string_agg(disputes.status, ' ') from disputes where order_id = orders.id) as disputes
  from orders where id = any ($1)`

const sentBackOfOrders = `
  select payment_intents.order_id as "orderId", count(*)::int as count
  from refunds join payment_intents on payment_intents.id = payment_intent_id
  where payment_intents.order_id = any ($1) and refunds.status = 'failed' group by payment_intents.order_id`
