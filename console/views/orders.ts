import type { DataSource } from 'typeorm'
import { listSubjects, tracesAbout } from '../database/subject-reads.ts'
import { readSpans } from '../database/trace-reads.ts'
import type { OrderRow, OrdersView, OrderView } from '../pages/views.ts'
import type { Shop } from '../shop.ts'
import { sagaOf } from '../traces/order-saga.ts'
import type { View } from './view.ts'

const perPage = 50

/** The views of orders: the latest, those under way first, and the saga of one. */
export const createOrderViews = (database: DataSource, shop: Shop): readonly View[] => {
  const readList = async (): Promise<OrdersView> => {
    const [seen, answer] = await Promise.all([
      listSubjects(database, 'order', { label: undefined, limit: perPage }),
      shop.orders(),
    ])
    const orders = answer.orders.map(
      (order): OrderRow => ({
        id: order.id,
        order,
        seen: seen.find(({ id }) => id === order.id) ?? null,
      }),
    )
    const others = seen
      .filter(({ id }) => !orders.some(order => order.id === id))
      .map((row): OrderRow => ({ id: row.id, order: null, seen: row }))
    return {
      orders: [...orders, ...others].toSorted((a, b) => rankOf(a) - rankOf(b)),
      shopIsSilent: answer.silence,
    }
  }
  const readOne = async (id: string): Promise<OrderView | undefined> => {
    const traceIds = await tracesAbout(database, 'order', id)
    const [spans, answer] = await Promise.all([readSpans(database, traceIds), shop.order(id)])
    const [order = null] = answer.orders
    if (order === null && traceIds.length === 0) return undefined
    return { id, order, shopIsSilent: answer.silence, steps: sagaOf(spans, id), traceIds }
  }
  return [
    { path: /^\/orders$/, read: readList },
    { path: /^\/orders\/([\da-f-]{36})$/, read: readOne },
  ]
}

/** n.b. what is stuck must be seen first; a sort that compares nothing else keeps the rest as it is. */
const rankOf = ({ order, seen }: OrderRow): number => {
  if (order?.status === 'PENDING') return 0
  return seen?.isFailed === true ? 1 : 2
}
