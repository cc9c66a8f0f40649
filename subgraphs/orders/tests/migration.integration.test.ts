import { messagingMigrations } from '@supergraph/messaging/migration.ts'
import { openDatabase } from '@supergraph/postgres/data-source.ts'
import { createTestDatabase } from '@supergraph/postgres/tests/test-database.ts'
import { uuidv7 } from '@supergraph/runtime/uuid.ts'
import { afterAll, expect, it } from 'vitest'
import { CreateOrders1767571200000 } from '../database/migrations/1767571200000-create-orders.ts'
import { openOrdersDatabase } from '../database/open.ts'
import { createOrderStore } from '../database/order-store.ts'
import { tables } from '../database/tables.ts'
import { address } from './orders-under-test.ts'

const database = await createTestDatabase()
afterAll(database.drop)

const customerId = uuidv7()

const before = [
  { status: 'PENDING', step: 'RESERVE', failure: null },
  { status: 'CONFIRMED', step: null, failure: null },
  { status: 'REJECTED', step: 'RELEASE', failure: { kind: 'OutOfStock', message: 'short', shortages: [] } },
  { status: 'REJECTED', step: null, failure: { kind: 'OutOfStock', message: 'short', shortages: [] } },
  { status: 'CANCELLED', step: 'RELEASE', failure: null },
  { status: 'CANCELLED', step: null, failure: null },
] as const

it('keeps orders from before there were payments, and goes on with those that were under way', async () => {
  const old = await openDatabase({
    service: 'orders',
    url: database.url,
    tables,
    migrations: [...messagingMigrations, CreateOrders1767571200000],
  })
  for (const [index, { status, step, failure }] of before.entries()) {
    const id = uuidv7()
    await old.query(
      `insert into orders (id, number, customer_id, status, currency, total_minor, shipping, version,
         idempotency_key, input_hash, failure, next_step, next_step_at, placed_at)
       values ($1, $2, $3, $4, 'EUR', 100, $8, 2, $5, 'h', $6, $7, case when $7::text is not null then now() end, now())`,
      [id, `${index}`, customerId, status, `key ${index}`, failure, step, address],
    )
    await old.query(`insert into order_items values ($1, 0, $2, 'Mug', 'MUG', 100, 1)`, [id, uuidv7()])
    await old.query(`insert into order_changes values ($1, 1, 'PENDING', now())`, [id])
  }
  await old.destroy()

  const upgraded = await openOrdersDatabase(database.url)
  const rows = await upgraded.query(
    'select status, step, stock_state, payment_state from orders order by number',
  )
  const keys = await upgraded.query(
    'select user_id, key, operation, input_hash from idempotency_keys order by key',
  )
  const due = await createOrderStore(upgraded).claimDueSteps(10)
  await upgraded.destroy()

  const payment_state = 'NOT_REQUIRED'
  expect(rows).toEqual([
    { status: 'PENDING', step: 'RESERVE_STOCK', stock_state: 'ASKED', payment_state },
    { status: 'CONFIRMED', step: null, stock_state: 'COMMITTED', payment_state },
    { status: 'PENDING', step: 'RETURN_STOCK', stock_state: 'ASKED', payment_state },
    { status: 'REJECTED', step: null, stock_state: 'REFUSED', payment_state },
    { status: 'CANCELLED', step: 'RETURN_STOCK', stock_state: 'COMMITTED', payment_state },
    { status: 'CANCELLED', step: null, stock_state: 'RETURNED', payment_state },
  ])
  expect(keys).toEqual(
    before.map((_, index) => ({
      user_id: customerId,
      key: `key ${index}`,
      operation: 'placeOrder',
      input_hash: 'h',
    })),
  )
  expect(due.map(({ order, step }) => [order.number, step]).toSorted()).toEqual([
    ['0', 'RESERVE_STOCK'],
    ['2', 'RETURN_STOCK'],
    ['4', 'RETURN_STOCK'],
  ])
})
