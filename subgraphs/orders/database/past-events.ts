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
  // n.b. older changes do not name their refunds: an order has one pending refund at a time, so they succeed in the order in
  // which they were requested
  const named = (isSentBack: boolean) =>
    new Set(
      changes
        .filter(({ paymentChange }) => isSentBack === (paymentChange !== null))
        .flatMap(({ refundId }) => refundId ?? []),
    )
  const [told, sentBack] = [named(false), named(true)]
  const nextRefund = refunds
    .filter(({ id, isSettled }) => (isSettled || sentBack.has(id)) && !told.has(id))
    .values()
  const refundNamed = ({ refundId }: Change) => refunds.find(({ id }) => id === refundId)
  const refundOf = (change: Change) =>
    change.refundId === null ? nextRefund.next().value : refundNamed(change)
  let status: OrderStatus | null = null
  return changes.map(change => {
    const isRefunded = change.paymentChange === null && isRefund(change.status, status)
    status = change.status
    const event = isRefunded
      ? toRefunded(change, refundOf(change))
      : toEvent(row, change, refundNamed(change))
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
  const { isSettled: _, ...made } = refund
  return { kind: 'refunded', status, version, at, actor: made.actor, refund: made }
}

const toEvent = (
  { id, tracking }: Pick<OrderHistory, 'id' | 'tracking'>,
  change: Change,
  refund: OrderHistory['refunds'][number] | undefined,
): OrderEvent => {
  const { status, version, at, reason, actorKind: kind, actorId: userId, paymentChange } = change
  const actor = kind === 'SYSTEM' || userId === null ? system : { kind, userId }
  const about = { status, version, at, actor }
  if (paymentChange !== null)
    return { ...about, kind: 'paymentChanged', change: paymentChange, ...(refund && { refund }) }
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
