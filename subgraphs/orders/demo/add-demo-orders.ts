import {
  demoBaskets,
  demoOrderId,
  demoPayments,
  demoProductId,
  demoUserId,
} from '@supergraph/demo/demo-shop.ts'
import { affected } from '@supergraph/postgres/statements.ts'
import type { DataSource, EntityManager } from 'typeorm'
import { recordEvents, recordOf } from '../database/order-history.ts'
import { toRow } from '../database/order-row.ts'
import { nextOrderNumber } from '../database/order-statements.ts'
import { writeRefunds } from '../database/refunds.ts'
import { orderItemTable, orderTable } from '../database/tables.ts'
import type { OrderLine } from '../domain/order.ts'
import { type DemoOrder, demoAddresses, demoOrders, demoSnapshots } from './demo-orders.ts'
import { playDemoOrder } from './play-demo-order.ts'

const demoKey = 7_305_805_643

/** Adds the demo orders with their history and its events, unless there are orders; all or none, once. */
export const addDemoOrders = (database: DataSource): Promise<void> =>
  database.transaction(async manager => {
    await affected(manager, 'select pg_advisory_xact_lock($1)', [demoKey])
    if (await manager.exists(orderTable)) return
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
  await manager.insert(orderTable, toRow(history.order, demoAddresses[demo.customer]))
  await manager.insert(
    orderItemTable,
    lines.map((line, position) => ({ ...line, orderId, position })),
  )
  await recordEvents(manager, orderId, recordOf(history.order, lines, history.events))
  for (const { before, after, at } of history.transitions) {
    await writeRefunds(manager, before, after, { failure: null, now: at })
  }
}

const toLine = (sku: keyof typeof demoSnapshots, quantity: number): OrderLine => {
  const [productName, unitPriceMinor] = demoSnapshots[sku]
  return { productId: demoProductId(sku), productName, sku, unitPriceMinor, quantity }
}
