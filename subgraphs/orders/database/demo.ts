import { appendToOutbox } from '@supergraph/messaging/outbox.ts'
import { demoBaskets, demoOrderId, demoProductId, demoUserId } from '@supergraph/schema/demo.ts'
import type { DataSource, EntityManager } from 'typeorm'
import { type Order, type OrderEvent, type OrderLine, outOfStock } from '../domain/order.ts'
import { type DemoOrder, demoAddresses, demoOrders, demoSnapshots } from './demo-orders.ts'
import { toEnvelope } from './order-events.ts'
import { nextOrderNumber } from './order-store.ts'
import { type OrderChangeRow, orderChanges, orderItems, orders } from './tables.ts'

const demoKey = 7_305_805_643
const hourMs = 3_600_000

/** Adds the demo orders with their history and its events, unless there are orders; all or none, once. */
export const addDemoOrders = (dataSource: DataSource): Promise<void> =>
  dataSource.transaction(async manager => {
    await manager.query('select pg_advisory_xact_lock($1)', [demoKey])
    if (await manager.exists(orders)) return
    for (const demo of demoOrders) await addDemoOrder(manager, demo)
  })

const addDemoOrder = async (manager: EntityManager, demo: DemoOrder): Promise<void> => {
  const placedAt = new Date(demo.placedAt)
  const id = demoOrderId(demo.placedAt)
  const lines = demoBaskets[demo.placedAt].items.map(([sku, quantity]) => toLine(sku, quantity))
  const changes = toChanges(id, demo)
  const status = changes.at(-1)?.status ?? 'PENDING'
  const customerId = demoUserId(demo.customer)
  const totalMinor = lines.reduce((sum, { unitPriceMinor, quantity }) => sum + unitPriceMinor * quantity, 0)
  const number = await nextOrderNumber(manager)
  // n.b. no next step, also for the PENDING one: the sweeper leaves the demo as it is
  await manager.insert(orders, {
    id,
    number,
    customerId,
    status,
    currency: 'EUR',
    totalMinor,
    shipping: demoAddresses[demo.customer],
    version: changes.length,
    idempotencyKey: `demo ${demo.placedAt}`,
    inputHash: 'demo',
    failure: status === 'REJECTED' ? refusalOf(lines) : null,
    nextStep: null,
    nextStepAt: null,
    placedAt,
  })
  await manager.insert(
    orderItems,
    lines.map((line, position) => ({ ...line, orderId: id, position })),
  )
  await manager.insert(orderChanges, [...changes])
  const facts = { id, number, customerId, placedAt, total: { amountMinor: totalMinor, currency: 'EUR' } }
  const order: Order = { ...facts, version: changes.length, status: 'PENDING' }
  await appendToOutbox(
    manager,
    changes.flatMap(change => toEvents(change, lines)).map(event => toEnvelope(order, event)),
  )
}

const toLine = (sku: keyof typeof demoSnapshots, quantity: number): OrderLine => {
  const [productName, unitPriceMinor] = demoSnapshots[sku]
  return { productId: demoProductId(sku), productName, sku, unitPriceMinor, quantity }
}

const toChanges = (orderId: string, { placedAt, later }: DemoOrder): readonly OrderChangeRow[] => {
  const placed: DemoOrder['later'][number] = ['PENDING', 0]
  return [placed, ...later].map(([status, hours, reason = null], index) => ({
    orderId,
    version: index + 1,
    status,
    at: new Date(new Date(placedAt).getTime() + hours * hourMs),
    reason,
  }))
}

const refusalOf = (lines: readonly OrderLine[]) =>
  outOfStock(lines.map(({ productId, quantity }) => ({ productId, requested: quantity, available: 0 })))

/** n.b. shipping, delivery and refunds have no event. */
const toEvents = (change: OrderChangeRow, lines: readonly OrderLine[]): readonly OrderEvent[] => {
  const { version, at, reason, status } = change
  switch (status) {
    case 'PENDING':
      return [{ status, version, at, lines }]
    case 'CONFIRMED':
      return [{ status, version, at }]
    case 'REJECTED':
      return [{ status, version, at, reason: reason ?? refusalOf(lines).message }]
    case 'CANCELLED':
      return [{ status, version, at, reason }]
    case 'SHIPPED':
    case 'DELIVERED':
    case 'REFUNDED':
      return []
    default:
      return status satisfies never
  }
}
