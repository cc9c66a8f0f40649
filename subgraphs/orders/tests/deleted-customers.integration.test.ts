import { CustomerForgotten } from '@supergraph/schema/events/orders.ts'
import { expect, it } from 'vitest'
import { forgetCustomer, noteDeleted } from '../database/deleted-customers.ts'
import { openOrdersDatabase } from '../database/open.ts'
import { command, orderAs } from './changing.ts'
import { staff, startOrdersUnderTest } from './orders-under-test.ts'

const orders = await startOrdersUnderTest()

const forget = async (customerId: string) => {
  const database = await openOrdersDatabase(orders.databaseUrl)
  try {
    await database.transaction(async manager => {
      await noteDeleted(manager, customerId)
      await forgetCustomer(manager, customerId)
    })
  } finally {
    await database.stop()
  }
}

const stateOf = async (id: string) => {
  const [row] = await orders.sql(
    `select shipping, payment_method, tracking, total_minor > 0 as has_total, payment_id is not null as has_payment
     from orders where id = $1`,
    [id],
  )
  return row
}

const confirmations = (customerId: string) =>
  orders.sql(`select 1 from outbox where envelope ->> 'type' = $2 and envelope #>> '{data,userId}' = $1`, [
    customerId,
    CustomerForgotten.type,
  ])

const replaced = {
  shipping: {
    name: 'deleted',
    line1: 'deleted',
    line2: null,
    city: 'deleted',
    postalCode: 'deleted',
    country: 'GB',
  },
  payment_method: 'deleted',
  has_total: true,
  has_payment: true,
}

it('keeps what book-keeping needs of a deleted customer, replaces the rest, and says so once', async () => {
  const { id, owner } = await orderAs(orders, 'SHIPPED')
  const other = await orderAs(orders, 'SHIPPED')
  const others = await stateOf(other.id)
  for (const _ of [1, 2]) await forget(owner.id)
  expect(await stateOf(id)).toEqual({
    ...replaced,
    tracking: { carrier: null, trackingNumber: 'deleted' },
  })
  expect(await stateOf(other.id)).toEqual(others)
  const told = await orders.sql<{ text: string }>(
    `select envelope::text as text from outbox where aggregate_id = $1`,
    [id],
  )
  expect(told.length).toBeGreaterThan(2)
  expect(told.map(({ text }) => text).join()).not.toMatch(/JD01|DHL/)
  expect(await confirmations(owner.id)).toHaveLength(1)
  expect((await command(orders, staff, 'deliver', id)).order).toMatchObject({ status: 'DELIVERED' })
  expect(await stateOf(id)).toMatchObject(replaced)
})

it('waits with an order that is under way until it is not, and with its confirmation', async () => {
  const { id, owner } = await orderAs(orders, 'CONFIRMED')
  await forget(owner.id)
  expect(await stateOf(id)).toMatchObject({ shipping: { line1: expect.not.stringMatching('deleted') } })
  expect(await confirmations(owner.id)).toHaveLength(0)
  await command(orders, staff, 'ship', id)
  await forget(owner.id)
  expect(await stateOf(id)).toMatchObject(replaced)
  expect(await confirmations(owner.id)).toHaveLength(1)
})
