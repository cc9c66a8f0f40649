import { countQueries } from '@supergraph/postgres/tests/test-database.ts'
import { uuidv7 } from '@supergraph/runtime/uuid.ts'
import { expect, it } from 'vitest'
import { createOrderEvents, stockChanged, userRegistered } from './events.ts'
import { createSystem, createUser } from './notifications-under-test.ts'

it('tells a user of an event once, however often and wherever it is delivered', async () => {
  const { startReplica, sql } = await createSystem()
  const [one, two] = [await startReplica(), await startReplica()]
  const order = createOrderEvents(createUser().id)
  const [welcome, confirmed] = [userRegistered(createUser().id), order.confirmed()]
  await Promise.all(
    [one, two, one, two, one, two].flatMap(({ transport }) => [
      transport.publish(welcome),
      transport.publish(confirmed),
    ]),
  )
  // n.b. the inbox forgets an event after some days, and the event must still have no second effect
  await sql.query('delete from inbox')
  await one.transport.publish(welcome)
  await two.transport.publish(confirmed)
  const { rows } = await sql.query('select kind, seq from notifications order by kind')
  expect(rows).toEqual([
    { kind: 'ORDER_CONFIRMED', seq: 1 },
    { kind: 'WELCOME', seq: 1 },
  ])
  expect((await sql.query('select last_seq from user_counters')).rows).toEqual([
    { last_seq: 1 },
    { last_seq: 1 },
  ])
  expect((await sql.query('select version from order_updates')).rows).toEqual([{ version: 2 }])
})

it("numbers a user's notifications without a gap under 50 events at once on two replicas", async () => {
  const { startReplica, sql } = await createSystem()
  const replicas = [await startReplica(), await startReplica()]
  const user = createUser()
  const events = Array.from({ length: 50 }, () => createOrderEvents(user.id).confirmed())
  await Promise.all(events.map((event, index) => replicas[index % 2]?.transport.publish(event)))
  const { rows } = await sql.query('select seq from notifications where user_id = $1 order by seq', [user.id])
  expect(rows.map(row => row.seq)).toEqual(Array.from({ length: 50 }, (_, index) => index + 1))
})

it('keeps what it is told though events arrive in the wrong order, and tells customers no stale news', async () => {
  const { startReplica, sql } = await createSystem()
  const { transport } = await startReplica()
  const order = createOrderEvents(createUser().id)
  for (const event of [order.cancelled(), order.placed(), order.confirmed()]) await transport.publish(event)
  const { rows } = await sql.query('select version, type from order_updates order by version')
  expect(rows).toEqual([
    { version: 1, type: 'order.placed' },
    { version: 2, type: 'order.confirmed' },
    { version: 3, type: 'order.cancelled' },
  ])
  const kinds = await sql.query('select kind from notifications order by seq')
  expect(kinds.rows).toEqual([{ kind: 'ORDER_CANCELLED' }])

  const product = uuidv7()
  for (const version of [2, 5, 3, 4, 1]) await transport.publish(stockChanged(product, version, version * 10))
  const stock = await sql.query('select version, available from product_stock')
  expect(stock.rows).toEqual([{ version: 5, available: 50 }])
})

it("ends with an order's newest word though two replicas handle its changes at once", async () => {
  const { startReplica, sql } = await createSystem()
  const [one, two] = [await startReplica(), await startReplica()]
  const orders = Array.from({ length: 20 }, () => createOrderEvents(createUser().id))
  await Promise.all(
    orders.flatMap(order => [
      one.transport.publish(order.cancelled()),
      two.transport.publish(order.confirmed()),
    ]),
  )
  const { rows } = await sql.query(
    `select distinct on (order_id) kind from notifications order by order_id, seq desc`,
  )
  expect(rows).toEqual(orders.map(() => ({ kind: 'ORDER_CANCELLED' })))
  expect((await sql.query('select from order_updates')).rowCount).toBe(40)
})

it('tells customers of each thing that happens to an order after it was placed', async () => {
  const { startReplica, sql } = await createSystem()
  const { transport } = await startReplica()
  const order = createOrderEvents(createUser().id)
  const life = [order.placed(), order.confirmed(), order.shipped(), order.delivered(), order.refunded()]
  for (const event of life) await transport.publish(event)
  const { rows } = await sql.query('select kind from notifications order by seq')
  expect(rows.map(({ kind }) => kind)).toEqual([
    'ORDER_CONFIRMED',
    'ORDER_SHIPPED',
    'ORDER_DELIVERED',
    'ORDER_REFUNDED',
  ])
  const updates = await sql.query('select version, type from order_updates order by version')
  expect(updates.rows).toEqual(life.map(({ type, version }) => ({ version, type })))
})

it('tells of a refund though its event comes late, and twice', async () => {
  const { startReplica, sql } = await createSystem()
  const { transport } = await startReplica()
  const order = createOrderEvents(createUser().id)
  const refund = order.refunded(3)
  for (const event of [order.delivered(), refund, refund, order.confirmed()]) await transport.publish(event)
  const { rows } = await sql.query('select kind from notifications order by seq')
  expect(rows).toEqual([{ kind: 'ORDER_DELIVERED' }, { kind: 'ORDER_REFUNDED' }])
})

it('tells customers only of orders that are settled', async () => {
  const { startReplica, sql } = await createSystem()
  const { transport } = await startReplica()
  const order = createOrderEvents(createUser().id)
  await transport.publish(order.placed())
  await transport.publish(order.rejected())
  const { rows } = await sql.query('select kind, title, order_id from notifications')
  expect(rows).toEqual([
    { kind: 'ORDER_REJECTED', title: 'Order 100001 was rejected', order_id: order.orderId },
  ])
})

it('tells customers the same of changes that arrive together as of changes that arrive one by one', async () => {
  const { startReplica, sql } = await createSystem()
  const { transport } = await startReplica()
  const user = createUser()
  const [one, other] = [createOrderEvents(user.id), createOrderEvents(user.id)]
  await Promise.all(
    [one.placed(), one.confirmed(), one.shipped(), other.cancelled(), other.confirmed()].map(event =>
      transport.publish(event),
    ),
  )
  const { rows } = await sql.query('select seq, kind, order_id from notifications order by seq')
  expect(rows).toEqual([
    { seq: 1, kind: 'ORDER_CONFIRMED', order_id: one.orderId },
    { seq: 2, kind: 'ORDER_SHIPPED', order_id: one.orderId },
    { seq: 3, kind: 'ORDER_CANCELLED', order_id: other.orderId },
  ])
  expect((await sql.query('select from order_updates')).rowCount).toBe(5)
  const emails = await sql.query('select kind from emails order by kind')
  expect(emails.rows.map(({ kind }) => kind)).toEqual(rows.map(({ kind }) => kind).toSorted())

  const product = uuidv7()
  await Promise.all([2, 5, 3].map(version => transport.publish(stockChanged(product, version, version * 10))))
  const stock = await sql.query('select version, available from product_stock')
  expect(stock.rows).toEqual([{ version: 5, available: 50 }])
})

it('writes what a hundred events cause with as many statements as what one causes', async () => {
  const { startReplica, sql } = await createSystem()
  const { onQuery, reset, statements } = countQueries()
  const { transport } = await startReplica({ onQuery })
  const writes = async (orders: number) => {
    reset()
    const events = Array.from({ length: orders }, () => createOrderEvents(createUser().id).confirmed())
    await Promise.all(events.map(event => transport.publish(event)))
    return statements().filter(statement => /insert into|pg_notify|pg_advisory/.test(statement)).length
  }
  const ofOne = await writes(1)
  expect(await writes(100)).toBe(ofOne)
  expect((await sql.query('select from notifications')).rowCount).toBe(101)
})
