import {
  demoBaskets,
  demoOrderId,
  demoPayments,
  demoProductId,
  demoUserId,
} from '@supergraph/demo/demo-shop.ts'
import type { DataSource, EntityManager } from 'typeorm'
import type { OrderLine } from '../domain/order.ts'
import { playDemoOrder } from './demo-history.ts'
import { type DemoOrder, demoAddresses, demoOrders, demoSnapshots } from './demo-orders.ts'
import { record } from './order-history.ts'
import { toColumns } from './order-row.ts'
import { nextOrderNumber } from './order-store.ts'
import { writeRefunds } from './refund-rows.ts'
import { orderItems, orders } from './tables.ts'

const demoKey = 7_305_805_643

/** Adds the demo orders with their history and its events, unless there are orders; all or none, once. */
export const addDemoOrders = (dataSource: DataSource): Promise<void> =>
  dataSource.transaction(async manager => {
    await manager.query('select pg_advisory_xact_lock($1)', [demoKey])
    if (await manager.exists(orders)) return
    for (const demo of demoOrders) await addDemoOrder(manager, demo)
  })

const addDemoOrder = async (manager: EntityManager, demo: DemoOrder): Promise<void> => {
  const orderId = demoOrderId(demo.placedAt)
  const lines = demoBaskets[demo.placedAt].items.map(([sku, quantity]) => toLine(sku, quantity))
  const history = playDemoOrder(demo, {
    id: orderId,
    number: await nextOrderNumber(manager),
    customerId: demoUserId(demo.customer),
    lines,
    payment: demoPayments.find(payment => payment.orderId === orderId),
  })
  await manager.insert(orders, {
    ...toColumns(history.order),
    shipping: demoAddresses[demo.customer],
    step: null,
  })
  await manager.insert(
    orderItems,
    lines.map((line, position) => ({ ...line, orderId, position })),
  )
  await record(manager, history.order, lines, history.events)
  for (const { before, after, at } of history.changes) {
    await writeRefunds(manager, before, after, { failure: null, now: at })
  }
}

const toLine = (sku: keyof typeof demoSnapshots, quantity: number): OrderLine => {
  const [productName, unitPriceMinor] = demoSnapshots[sku]
  return { productId: demoProductId(sku), productName, sku, unitPriceMinor, quantity }
}
