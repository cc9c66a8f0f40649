import type { Envelope } from '@supergraph/messaging/envelope.ts'
import type { DataSource } from 'typeorm'
import { type OrderEvent, type OrderStatus, system } from '../domain/order.ts'
import { toEnvelope } from './order-history.ts'
import { toOrder } from './order-row.ts'
import { type OrderHistory, readOrderHistories } from './order-statements.ts'
import { orderTable } from './tables.ts'

const ordersPerPage = 200

/** Every event of every order until now, created again from the orders' history, in pages of whole orders. */
export async function* pastEvents(database: DataSource): AsyncGenerator<readonly Envelope[]> {
  for (let afterId: string | null = null; ; ) {
    const page: readonly OrderHistory[] = await readOrderHistories(database, {
      afterId,
      limit: ordersPerPage,
    })
    const last = page.at(-1)
    if (last === undefined) return
    yield page.flatMap(eventsOf)
    afterId = last.id
  }
}

/** How many orders there are. */
export const countOrders = (database: DataSource): Promise<number> => database.manager.count(orderTable)

const eventsOf = ({ lines, changes, refunds, ...row }: OrderHistory): readonly Envelope[] => {
  const order = toOrder(row, null)
  // n.b. an order has one pending refund at a time, so its refunds succeed in the order in which they were requested
  const nextRefund = refunds.values()
  let status: OrderStatus | null = null
  return changes.map(change => {
    const isRefunded = isRefund(change.status, status)
    status = change.status
    const event = isRefunded ? toRefunded(change, nextRefund.next().value) : toEvent(row, change)
    return toEnvelope(order, lines, event, change.reason)
  })
}

type Change = OrderHistory['changes'][number]

/** Whether a change is a refund: a refund in part keeps the order's status, and one in full makes it REFUNDED. */
const isRefund = (status: OrderStatus, before: OrderStatus | null): boolean =>
  status === 'REFUNDED' || (status === before && status !== 'PENDING' && status !== 'REJECTED')

const toRefunded = (
  { status, version, at }: Change,
  refund: OrderHistory['refunds'][number] | undefined,
): OrderEvent => {
  if (refund === undefined) throw new Error('A refund in the history of an order has no row.')
  return { kind: 'refunded', status, version, at, actor: refund.actor, refund }
}

const toEvent = ({ id, tracking }: Pick<OrderHistory, 'id' | 'tracking'>, change: Change): OrderEvent => {
  const { status, version, at, reason, actorKind: kind, actorId: userId } = change
  const actor = kind === 'SYSTEM' || userId === null ? system : { kind, userId }
  const about = { status, version, at, actor }
  switch (status) {
    case 'PENDING':
      return { ...about, kind: 'placed' }
    case 'CONFIRMED':
      return { ...about, kind: 'confirmed' }
    case 'REJECTED':
      return { ...about, kind: 'rejected' }
    case 'CANCELLED':
      return { ...about, kind: 'cancelled', reason }
    case 'SHIPPED':
      if (tracking === null) throw new Error(`Order ${id} is shipped and has no tracking.`)
      return { ...about, kind: 'shipped', tracking }
    case 'DELIVERED':
      return { ...about, kind: 'delivered' }
    case 'REFUNDED':
      throw new Error(`A refund of order ${id} was taken for something else.`)
    default:
      return status satisfies never
  }
}
