import { CreateMessaging1700000000000 } from '@supergraph/messaging/migration.ts'
import { openDatabase } from '@supergraph/postgres/data-source.ts'
import { createTestDatabase } from '@supergraph/postgres/testing.ts'
import { startAll } from '@supergraph/runtime/lifecycle.ts'
import { uuidv7 } from '@supergraph/runtime/uuid.ts'
import { afterAll, describe, expect, it } from 'vitest'
import { CreateOrders1767571200000 } from '../database/migrations/1767571200000-create-orders.ts'
import { createOrderStore } from '../database/order-store.ts'
import { tables } from '../database/tables.ts'
import { address } from './orders-under-test.ts'

const { dataSource, stop } = await startAll(async use => {
  const database = await createTestDatabase()
  use({ stop: database.drop })
  const dataSource = await openDatabase({
    service: 'orders',
    url: database.url,
    tables,
    migrations: [CreateMessaging1700000000000, CreateOrders1767571200000],
  })
  use({ stop: () => dataSource.destroy() })
  return { dataSource }
})
afterAll(stop)

const store = createOrderStore(dataSource)
const line = { productId: uuidv7(), productName: 'Mug', sku: 'MUG', unitPriceMinor: 1_800, quantity: 1 }
const placement = () => ({
  customerId: uuidv7(),
  lines: [line],
  total: { amountMinor: 1_800, currency: 'EUR' },
  shippingAddress: { ...address, line2: null },
  idempotencyKey: 'k',
  inputHash: 'h',
})

describe('the steps that are due', () => {
  it('are leased to one sweeper each, however many ask at once, and to none before the lease is over', async () => {
    const placed = await Promise.all(Array.from({ length: 60 }, () => store.place(placement(), new Date())))
    expect(await store.claimDueSteps(100)).toEqual([])
    await dataSource.query('update orders set next_step_at = now()')
    const claims = await Promise.all(Array.from({ length: 30 }, () => store.claimDueSteps(10)))
    const claimed = claims.flat().map(({ orderId }) => orderId)
    expect(claimed.toSorted()).toEqual(placed.toSorted())
    expect(claims.every(steps => steps.length <= 10)).toBe(true)
    expect(await store.claimDueSteps(100)).toEqual([])
  })
})

describe('one idempotency key', () => {
  it('is taken by one of many orders that are placed at once, and the others leave nothing', async () => {
    const same = placement()
    const ids = await Promise.all(Array.from({ length: 10 }, () => store.place(same, new Date())))
    const [id, ...others] = ids.filter(id => id !== undefined)
    expect(others).toEqual([])
    const counts = await dataSource.query(
      `select (select count(*)::int from orders where customer_id = $1) as orders,
         (select count(*)::int from outbox where envelope -> 'data' ->> 'customerId' = $1::text) as events`,
      [same.customerId],
    )
    expect(counts).toEqual([{ orders: 1, events: 1 }])
    expect(id).toBeTypeOf('string')
  })
})
