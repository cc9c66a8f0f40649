import type { ScenarioContext } from '../scenario.ts'

type OrderRow = { readonly id: string; readonly status: string; readonly totalMinor: number }
type PaymentRow = {
  readonly orderId: string
  readonly status: string
  readonly keptUnits: number
}

/** Judges each order whose customer approved its payment too late, or just in time; one line for each that is neither bought nor called off. */
export const findLateProblems = async (
  { system: { database }, tell }: ScenarioContext,
  late: readonly { readonly key: string; readonly orderId: string }[],
): Promise<readonly string[]> => {
  const ids = late.map(({ orderId }) => orderId)
  const orders = new Map(
    (await database.query<OrderRow>('orders', orderQuery, [ids])).map(row => [row.id, row]),
  )
  const payments = Map.groupBy(
    await database.query<PaymentRow>('payment-simulator', paymentQuery, [ids]),
    ({ orderId }) => orderId,
  )
  const count = (status: string) =>
    String(
      orders
        .values()
        .filter(order => order.status === status)
        .toArray().length,
    )
  tell(['approved late', String(late.length), count('CONFIRMED'), count('REJECTED'), '', ''])
  return late.flatMap(({ key, orderId }) => {
    const problem = problemOf(orders.get(orderId), payments.get(orderId) ?? [])
    return problem === undefined ? [] : [`${key}, approved late: ${problem}`]
  })
}

const problemOf = (order: OrderRow | undefined, payments: readonly PaymentRow[]): string | undefined => {
  const found = payments.map(({ status, keptUnits }) => `${status} with ${keptUnits}`).join(', ') || 'none'
  const kept = payments.filter(({ keptUnits }) => keptUnits > 0)
  switch (order?.status) {
    case 'CONFIRMED': {
      const [charge, ...others] = kept
      const isCharged = charge?.status === 'succeeded' && charge.keptUnits === order.totalMinor
      return isCharged && others.length === 0
        ? undefined
        : `CONFIRMED for ${order.totalMinor}, payments: ${found}`
    }
    case 'REJECTED':
      return kept.length === 0 ? undefined : `REJECTED, payments: ${found}`
    default:
      return `${order?.status ?? 'no order'}, payments: ${found}`
  }
}

const orderQuery = `select id, status, total_minor::float8 as "totalMinor" from orders where id = any ($1)`

// n.b. these are euros, which the provider counts in cents
const paymentQuery = `
  select order_id as "orderId", status,
    (case when status in ('requires_capture', 'requires_action', 'processing') then amount
      else amount_received - amount_refunded end)::float8 as "keptUnits"
  from payment_intents where order_id = any ($1)`
