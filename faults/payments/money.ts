import type { ScenarioContext } from '../scenario.ts'
import { settle } from '../settling.ts'

type OrderRow = { readonly id: string; readonly status: string }
type PaymentRow = { readonly orderId: string; readonly status: string; readonly keptUnits: string }

/**
 * Compares the orders of a scenario with what the payment provider holds, without the ledger, once everything has come to rest;
 * one line for each contradiction.
 */
export const findMoneyProblems = async ({
  name,
  system,
  tell,
}: ScenarioContext): Promise<readonly string[]> => {
  const { database } = system
  await settle(database)
  const orders = await database.query<OrderRow>(
    'orders',
    `select id, status from orders where shipping->>'line1' like $1 || ' %'`,
    [name],
  )
  const payments = await database.query<PaymentRow>(
    'payment-simulator',
    `select order_id as "orderId", status,
       case when status in ('requires_capture', 'requires_action', 'processing') then amount
            else amount_received - amount_refunded end as "keptUnits"
     from payment_intents where created_at >= (
       select min(created_at) from payment_intents where order_id = any ($1))`,
    [orders.map(({ id }) => id)],
  )
  const held = payments.filter(({ keptUnits }) => Number(keptUnits) > 0)
  const statusOf = new Map(orders.map(({ id, status }) => [id, status]))
  const withoutOrder = held.filter(({ orderId }) => statusOf.get(orderId) !== 'CONFIRMED')
  const charged = new Set(held.filter(({ status }) => status === 'succeeded').map(({ orderId }) => orderId))
  const confirmed = orders.filter(({ status }) => status === 'CONFIRMED')
  const withoutCharge = confirmed.filter(({ id }) => !charged.has(id))
  const twice = held.length - new Set(held.map(({ orderId }) => orderId)).size
  tell(['confirmed', String(confirmed.length), 'without a charge', String(withoutCharge.length), '', ''])
  tell([
    'charged',
    String(held.length),
    'without an order',
    String(withoutOrder.length),
    'twice',
    String(twice),
  ])
  return [
    ...withoutOrder.map(
      ({ orderId, status }) =>
        `money without an order: ${orderId} (${statusOf.get(orderId) ?? 'none'}, ${status})`,
    ),
    ...withoutCharge.map(({ id }) => `confirmed without a charge: ${id}`),
    ...(twice > 0 ? [`${twice} orders were charged twice`] : []),
  ]
}
