import { expect, it, onTestFinished } from 'vitest'
import { createOrderEvents, userRegistered } from './events.ts'
import { createSystem, createUser, nextOf } from './notifications-under-test.ts'

const orderUpdated = 'subscription ($id: ID!) { orderUpdated(orderId: $id) { version } }'
const notificationAdded = 'subscription { notificationAdded { notification { kind } } }'

it('reaches the sockets of every replica, whichever of them handles the event', async () => {
  const { startReplica } = await createSystem()
  const [one, two] = [await startReplica(), await startReplica()]
  const customer = createUser()
  const order = createOrderEvents(customer.id)
  await one.transport.publish(order.placed())
  const streams = await Promise.all([
    one.subscribe(customer, orderUpdated, { id: order.orderId }),
    two.subscribe(customer, orderUpdated, { id: order.orderId }),
  ])
  for (const stream of streams) expect(await nextOf(stream)).toEqual({ orderUpdated: { version: 1 } })
  await one.transport.publish(order.confirmed())
  for (const stream of streams) expect(await nextOf(stream)).toEqual({ orderUpdated: { version: 2 } })
  await two.transport.publish(order.cancelled())
  for (const stream of streams) expect(await nextOf(stream)).toEqual({ orderUpdated: { version: 3 } })
})

it('loses and doubles nothing while the connections that carry wake-ups break', async () => {
  const { startReplica, sql } = await createSystem()
  const { transport, subscribe, subscribers } = await startReplica()
  const customer = createUser()
  const added = await subscribe(customer, notificationAdded)
  const seen: unknown[] = []
  const watching = (async () => {
    for await (const { data } of added) seen.push(data)
  })()
  await expect.poll(subscribers).toBe(1)

  const breakWakeUps = async () => {
    const { rowCount } = await sql.query(
      `select pg_terminate_backend(pid, 5_000) from pg_stat_activity
       where datname = current_database() and application_name = 'listen live'`,
    )
    return rowCount
  }
  const expected: unknown[] = []
  for (const round of [1, 2, 3]) {
    await expect.poll(breakWakeUps, { timeout: 60_000 }).toBe(1)
    const order = createOrderEvents(customer.id)
    await transport.publish(order.confirmed())
    await transport.publish(order.cancelled())
    for (const kind of ['ORDER_CONFIRMED', 'ORDER_CANCELLED'])
      expected.push({ notificationAdded: { notification: { kind } } })
    await expect.poll(() => seen.length, { timeout: 60_000 }).toBe(2 * round)
  }
  await transport.publish(userRegistered(customer.id))
  expected.push({ notificationAdded: { notification: { kind: 'WELCOME' } } })
  await expect.poll(() => seen).toEqual(expected)
  await added.return?.()
  await watching
})

it('goes on where it was when the database has ended every connection', async () => {
  const { startReplica, sql } = await createSystem()
  const replicas = [await startReplica(), await startReplica()] as const
  const customer = createUser()
  const seen: unknown[] = []
  for (const { subscribe, subscribers } of replicas) {
    const added = await subscribe(customer, notificationAdded)
    const watching = (async () => {
      for await (const { data } of added) seen.push(data)
    })()
    onTestFinished(async () => {
      await added.return?.()
      await watching
    })
    await expect.poll(subscribers).toBe(1)
  }
  for (const round of [1, 2, 3]) {
    await sql.query(
      `select pg_terminate_backend(pid, 5_000) from pg_stat_activity
       where datname = current_database() and pid <> pg_backend_pid()`,
    )
    await replicas[round % 2 === 0 ? 0 : 1].transport.publish(createOrderEvents(customer.id).confirmed())
    await expect.poll(() => seen.length, { timeout: 60_000 }).toBe(2 * round)
  }
})
