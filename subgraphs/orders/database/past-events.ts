import type { Envelope } from '@supergraph/messaging/envelope.ts'
import { type DataSource, type EntityManager, In, MoreThan } from 'typeorm'
import { type Actor, type OrderEvent, type OrderStatus, type Refund, system } from '../domain/order.ts'
import { toEnvelope } from './order-history.ts'
import { toOrder } from './order-row.ts'
import {
  type OrderChangeRow,
  type OrderItemRow,
  type OrderRow,
  orderChangeTable,
  orderItemTable,
  orderTable,
  type RefundLineRow,
  type RefundRow,
  refundLineTable,
  refundTable,
} from './tables.ts'

/** Every event of every order until now, created again from the orders' history, in pages of whole orders. */
export async function* pastEvents(database: DataSource): AsyncGenerator<readonly Envelope[]> {
  for (let last: string | undefined; ; ) {
    const page = await readPage(database, last)
    if (page.orders.length === 0) return
    yield page.orders.flatMap(order => eventsOf(order, page))
    last = page.orders.at(-1)?.id
  }
}

/** How many orders there are. */
export const countOrders = (database: DataSource): Promise<number> => database.manager.count(orderTable)

const ordersPerPage = 200

type Page = {
  readonly orders: readonly OrderRow[]
  readonly items: ReadonlyMap<string, readonly OrderItemRow[]>
  readonly changes: ReadonlyMap<string, readonly OrderChangeRow[]>
  readonly refunds: ReadonlyMap<string, readonly RefundRow[]>
  readonly refundLines: ReadonlyMap<string, readonly RefundLineRow[]>
}

const readPage = (database: DataSource, after: string | undefined): Promise<Page> =>
  // n.b. all is read from one snapshot, so that every refund in the history has its row
  database.transaction('REPEATABLE READ', async manager => {
    const page = await manager.find(orderTable, {
      where: after === undefined ? {} : { id: MoreThan(after) },
      order: { id: 'ASC' },
      take: ordersPerPage,
    })
    return { orders: page, ...(await readDetails(manager, In(page.map(({ id }) => id)))) }
  })

const readDetails = async (manager: EntityManager, orderId: ReturnType<typeof In<string>>) => {
  const items = await manager.find(orderItemTable, { where: { orderId }, order: { position: 'ASC' } })
  const changes = await manager.find(orderChangeTable, { where: { orderId }, order: { version: 'ASC' } })
  const returned = await manager.find(refundTable, {
    where: { orderId, state: 'SUCCEEDED' },
    order: { requestedAt: 'ASC', id: 'ASC' },
  })
  const lines = await manager.findBy(refundLineTable, { refundId: In(returned.map(({ id }) => id)) })
  return {
    items: Map.groupBy(items, item => item.orderId),
    changes: Map.groupBy(changes, change => change.orderId),
    refunds: Map.groupBy(returned, refund => refund.orderId),
    refundLines: Map.groupBy(lines, line => line.refundId),
  }
}

const eventsOf = (row: OrderRow, page: Page): readonly Envelope[] => {
  const order = toOrder(row, null)
  const lines = page.items.get(row.id) ?? []
  // n.b. an order has one pending refund at a time, so its refunds succeed in the order in which they were requested
  const returned = (page.refunds.get(row.id) ?? []).values()
  let status: OrderStatus | null = null
  return (page.changes.get(row.id) ?? []).map(change => {
    const isRefunded = isRefund(change.status, status)
    status = change.status
    const event = isRefunded ? toRefunded(change, returned.next().value, page) : toEvent(row, change)
    return toEnvelope(order, lines.map(toLine), event, change.reason)
  })
}

/** Whether a change is a refund: a refund in part keeps the order's status, and one in full makes it REFUNDED. */
const isRefund = (status: OrderStatus, before: OrderStatus | null): boolean =>
  status === 'REFUNDED' || (status === before && status !== 'PENDING' && status !== 'REJECTED')

const toRefunded = (change: OrderChangeRow, row: RefundRow | undefined, page: Page): OrderEvent => {
  if (row === undefined) throw new Error(`A refund of order ${change.orderId} has no row.`)
  const { status, version, at } = change
  const refund = toRefund(row, page)
  return { kind: 'refunded', status, version, at, actor: refund.actor, refund }
}

const toEvent = (row: OrderRow, change: OrderChangeRow): OrderEvent => {
  const { status, version, at, reason } = change
  const about = { status, version, at, actor: toActor(change) }
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
      if (row.tracking === null) throw new Error(`Order ${row.id} is shipped and has no tracking.`)
      return { ...about, kind: 'shipped', tracking: row.tracking }
    case 'DELIVERED':
      return { ...about, kind: 'delivered' }
    case 'REFUNDED':
      throw new Error(`A refund of order ${row.id} was taken for something else.`)
    default:
      return status satisfies never
  }
}

const toRefund = ({ id, amountMinor, reason, ...row }: RefundRow, page: Page): Refund => ({
  id,
  amountMinor,
  reason,
  lines: (page.refundLines.get(id) ?? []).map(({ productId, quantity }) => ({ productId, quantity })),
  actor: toActor(row),
})

const toActor = ({
  actorKind: kind,
  actorId: userId,
}: Pick<OrderChangeRow, 'actorKind' | 'actorId'>): Actor =>
  kind === 'SYSTEM' || userId === null ? system : { kind, userId }

const toLine = ({ productId, productName, sku, unitPriceMinor, quantity }: OrderItemRow) => ({
  productId,
  productName,
  sku,
  unitPriceMinor,
  quantity,
})
