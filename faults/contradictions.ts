import type { FaultSystem } from './fault-system.ts'
import { isFinal } from './shop/replies.ts'
import type { Shop } from './shop/shop.ts'

type OrderRow = { readonly id: string; readonly key: string; readonly status: string }

/** Compares the orders and the stock with what a scenario's customers were told; one line for each contradiction. */
export const findContradictions = async (
  { query }: FaultSystem['database'],
  shop: Shop,
): Promise<readonly string[]> => {
  const checkouts = shop.checkouts()
  const keys = checkouts.map(({ checkout }) => checkout.key)
  const orders = await query<OrderRow>(
    'orders',
    `select id, shipping->>'line1' as key, status from orders where shipping->>'line1' = any($1)`,
    [keys],
  )
  const ordersOf = Map.groupBy(orders, ({ key }) => key)
  return [
    ...checkouts.flatMap(({ checkout, reply }) =>
      contradictionsOf(reply, ordersOf.get(checkout.key) ?? []).map(problem => `${checkout.key}: ${problem}`),
    ),
    ...(await findOversold({ query }, shop)),
  ]
}

const contradictionsOf = (
  reply: ReturnType<Shop['checkouts']>[number]['reply'],
  orders: readonly OrderRow[],
): readonly string[] => {
  const live = orders.filter(({ status }) => status !== 'REJECTED')
  const found = orders.map(({ id, status }) => `${id} ${status}`).join(', ') || 'none'
  if (!isFinal(reply)) return [`no final word within a minute, at last ${reply.kind} (${reply.text})`]
  if (reply.kind === 'refused') return [`refused: ${reply.text}`]
  if (live.length > 1) return [`ordered ${live.length} times: ${found}`]
  if (reply.kind === 'confirmed' || reply.kind === 'cancelled') {
    return live.some(({ id }) => id === reply.orderId)
      ? []
      : [`told ${reply.kind} ${reply.orderId}, orders: ${found}`]
  }
  return live.length === 0 && orders.length > 0 ? [] : [`told ${reply.kind}, orders: ${found}`]
}

/** n.b. this counts from the orders and does not use the stock movements that products records. */
const findOversold = async (
  { query }: Pick<FaultSystem['database'], 'query'>,
  shop: Shop,
): Promise<readonly string[]> => {
  const products = shop.products()
  const ids = products.map(({ id }) => id)
  const shelves = await query<{ id: string; onHand: number; reserved: number }>(
    'products',
    'select id, on_hand as "onHand", reserved from products where id = any($1)',
    [ids],
  )
  const sold = await query<{ id: string; units: number }>(
    'orders',
    `select product_id as id, sum(quantity)::int as units from order_items join orders on orders.id = order_id
     where product_id = any($1) and status in ('CONFIRMED', 'SHIPPED', 'DELIVERED', 'REFUNDED') group by product_id`,
    [ids],
  )
  return products.flatMap(({ id, units }) => {
    const shelf = shelves.find(row => row.id === id)
    const soldUnits = sold.find(row => row.id === id)?.units ?? 0
    const isRight = shelf !== undefined && shelf.reserved === 0 && shelf.onHand + soldUnits === units
    return isRight
      ? []
      : [
          `product ${id} began with ${units} units: ${shelf?.onHand} on hand, ${shelf?.reserved} reserved, ${soldUnits} sold`,
        ]
  })
}
