import { messagingMigrations } from '@supergraph/messaging/migration.ts'
import { openDatabase } from '@supergraph/postgres/data-source.ts'
import { createTestDatabase } from '@supergraph/postgres/tests/test-database.ts'
import { uuidv7 } from '@supergraph/runtime/uuid.ts'
import { afterAll, expect, it } from 'vitest'
import { CreateOrders1767571200000 } from '../database/migrations/1767571200000-create-orders.ts'
import { AddPayments1795171200000 } from '../database/migrations/1795171200000-add-payments.ts'
import { createOrderStore } from '../database/order-store.ts'
import { tables } from '../database/tables.ts'

const database = await createTestDatabase()
afterAll(database.drop)

const open = (migrations: Parameters<typeof openDatabase>[0]['migrations']) =>
  openDatabase({ service: 'orders', url: database.url, tables, migrations })

const oldMigrations = [...messagingMigrations, CreateOrders1767571200000]
const migrations = [...oldMigrations, AddPayments1795171200000]
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
  const old = await open(oldMigrations)
  for (const [index, { status, step, failure }] of before.entries()) {
    const id = uuidv7()
    await old.query(
      `insert into orders (id, number, customer_id, status, currency, total_minor, shipping, version,
         idempotency_key, input_hash, failure, next_step, next_step_at, placed_at)
       values ($1, $2, $3, $4, 'EUR', 100, '{}', 2, $5, 'h', $6, $7, case when $7::text is not null then now() end, now())`,
      [id, `${index}`, customerId, status, `key ${index}`, failure, step],
    )
    await old.query(`insert into order_items values ($1, 0, $2, 'Mug', 'MUG', 100, 1)`, [id, uuidv7()])
    await old.query(`insert into order_changes values ($1, 1, 'PENDING', now())`, [id])
  }
  await old.destroy()

  const dataSource = await open(migrations)
  const rows = await dataSource.query(
    'select status, step, stock_state, payment_state from orders order by number',
  )
  const keys = await dataSource.query(
    'select user_id, key, operation, input_hash from idempotency_keys order by key',
  )
  const due = await createOrderStore(dataSource).claimDueSteps(10)
  await dataSource.destroy()

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

it('goes back to orders without payments, and on again, with every order and every key that is known', async () => {
  const dataSource = await open(migrations)
  const readNew = () =>
    dataSource.query(
      `select number, status, step, stock_state, refusal, fence, key, input_hash from orders
       left join idempotency_keys on order_id = orders.id order by number`,
    )
  await dataSource.query(`delete from idempotency_keys where key = 'key 1'`)
  const withPayments = await readNew()

  await dataSource.undoLastMigration()
  const old = await dataSource.query(
    'select id, status, next_step, failure, customer_id, idempotency_key, input_hash from orders order by number',
  )
  expect(old).toEqual(
    before.map(({ status, step, failure }, index) => ({
      id: expect.any(String),
      status,
      next_step: step,
      failure,
      customer_id: customerId,
      idempotency_key: index === 1 ? `order ${old[1].id}` : `key ${index}`,
      input_hash: index === 1 ? '' : 'h',
    })),
  )
  expect(
    await dataSource.query(
      `select number, order_changes.* from order_changes join orders on id = order_id
       where order_changes.status = 'REJECTED' and order_changes.version = orders.version`,
    ),
  ).toEqual([
    {
      number: '2',
      order_id: old[2].id,
      version: 3,
      status: 'REJECTED',
      at: expect.any(Date),
      reason: 'short',
    },
  ])
  await expect(
    dataSource.query(`update orders set next_step = 'RELEASE' where status = 'PENDING'`),
  ).rejects.toThrow('violates check constraint')

  await dataSource.runMigrations()
  const again = await readNew()
  await dataSource.destroy()
  expect(again).toEqual(
    withPayments.map((order: object, index: number) => ({
      ...order,
      fence: 0,
      ...(index === 1 && { key: `order ${old[1].id}`, input_hash: '' }),
    })),
  )
})

it('does not go back while an order is being paid', async () => {
  const dataSource = await open(migrations)
  await dataSource.query(`update orders set step = 'CAPTURE_PAYMENT' where number = '0'`)
  await expect(dataSource.undoLastMigration()).rejects.toThrow('1 orders are being paid or refunded')
  await dataSource.query(`update orders set step = 'RESERVE_STOCK' where number = '0'`)
  await dataSource.undoLastMigration()
  await dataSource.destroy()
})
