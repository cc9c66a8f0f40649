import { countQueries } from '@supergraph/postgres/tests/test-database.ts'
import { uuidv7 } from '@supergraph/runtime/uuid.ts'
import { expect, it } from 'vitest'
import { createOrderEvents, userRegistered } from './events.ts'
import { createSystem, createUser, nextOf } from './notifications-under-test.ts'

const orderUpdated =
  'subscription ($id: ID!, $after: Int) { orderUpdated(orderId: $id, afterVersion: $after) { version } }'
const notificationAdded =
  'subscription ($after: String) { notificationAdded(after: $after) { cursor notification { kind } } }'
const orderPlaced = 'subscription { orderPlaced { order { id } eventId occurredAt } }'

const version = (number: number) => ({ orderUpdated: { version: number } })
const expired = [
  { message: expect.stringContaining('CursorExpired'), extensions: { code: 'CURSOR_EXPIRED' } },
]

type System = Awaited<ReturnType<typeof createSystem>>
type Replica = Awaited<ReturnType<System['startReplica']>>
type Customer = ReturnType<typeof createUser>

const endOf = (stream: AsyncIterator<unknown>): Promise<unknown> =>
  stream.next().then(
    result => result,
    (error: unknown) => error,
  )

/** Publishes events one after the other and returns the cursors of their notifications. */
const publishNotified = async (
  { transport, subscribe, subscribers }: Replica,
  user: Customer,
  count: number,
) => {
  const before = subscribers()
  const added = await subscribe(user, notificationAdded)
  const first = added.next()
  await expect.poll(subscribers).toBe(before + 1)
  for (let index = 0; index < count; index += 1)
    await transport.publish(createOrderEvents(user.id).confirmed())
  const cursors: string[] = []
  for (let result = await first; ; result = await added.next()) {
    cursors.push(String(Object(result.value?.data?.notificationAdded).cursor))
    if (cursors.length === count) break
  }
  await added.return?.()
  await expect.poll(subscribers).toBe(before)
  return cursors
}

it('sends every change after a version, in order, then each further one', async () => {
  const { startReplica } = await createSystem()
  const { transport, subscribe } = await startReplica()
  const customer = createUser()
  const order = createOrderEvents(customer.id)
  for (const event of [order.placed(), order.confirmed(), order.cancelled()]) await transport.publish(event)
  const all = await subscribe(customer, orderUpdated, { id: order.orderId, after: 0 })
  const last = await subscribe(customer, orderUpdated, { id: order.orderId, after: 2 })
  const none = await subscribe(customer, orderUpdated, { id: order.orderId, after: 3 })
  for (const number of [1, 2, 3]) expect(await nextOf(all)).toEqual(version(number))
  expect(await nextOf(last)).toEqual(version(3))
  await transport.publish(order.cancelled(4))
  for (const stream of [all, last, none]) expect(await nextOf(stream)).toEqual(version(4))
})

it('refuses a version that no order can have, and a text that is no cursor', async () => {
  const { startReplica } = await createSystem()
  const { subscribe } = await startReplica()
  for (const stream of [
    await subscribe(createUser(), orderUpdated, { id: uuidv7(), after: -1 }),
    await subscribe(createUser(), notificationAdded, { after: 'nonsense' }),
  ])
    expect(await stream.next()).toMatchObject({
      value: { errors: [{ extensions: { code: 'BAD_USER_INPUT' } }] },
    })
})

it('never passes over a version: it waits, then ends, and gives it to whoever resumes', async () => {
  const { startReplica } = await createSystem()
  const patient = await startReplica()
  const hasty = await startReplica({ orderWaits: { missingVersionWaitMs: 300 } })
  const customer = createUser()
  const order = createOrderEvents(customer.id)
  await patient.transport.publish(order.placed())
  const waiting = await patient.subscribe(customer, orderUpdated, { id: order.orderId })
  const ending = await hasty.subscribe(customer, orderUpdated, { id: order.orderId })
  for (const stream of [waiting, ending]) expect(await nextOf(stream)).toEqual(version(1))
  const second = nextOf(waiting)
  await patient.transport.publish(order.cancelled(3))
  expect(await endOf(ending)).toEqual(expired)
  expect(hasty.subscribers()).toBe(0)

  const anew = await hasty.subscribe(customer, orderUpdated, { id: order.orderId })
  expect(await nextOf(anew)).toEqual(version(3))
  await patient.transport.publish(order.confirmed())
  const resumed = await hasty.subscribe(customer, orderUpdated, { id: order.orderId, after: 1 })
  expect(await second).toEqual(version(2))
  expect(await nextOf(waiting)).toEqual(version(3))
  for (const number of [2, 3]) expect(await nextOf(resumed)).toEqual(version(number))
})

it('waits for a version that it has not heard of yet, and tells one that the order never had to begin anew', async () => {
  const { startReplica } = await createSystem()
  const patient = await startReplica()
  const hasty = await startReplica({ orderWaits: { unknownWaitMs: 300 } })
  const customer = createUser()
  const order = createOrderEvents(customer.id)
  await patient.transport.publish(order.placed())
  for (const after of [2, 99, 2_147_483_647]) {
    const never = await hasty.subscribe(customer, orderUpdated, { id: order.orderId, after })
    expect(await endOf(never)).toEqual([
      {
        message: expect.stringContaining(`is at version 1, and has not come to ${after}.`),
        extensions: { code: 'CURSOR_EXPIRED' },
      },
    ])
  }

  const ahead = await patient.subscribe(customer, orderUpdated, { id: order.orderId, after: 2 })
  const next = nextOf(ahead)
  await expect.poll(patient.subscribers).toBe(1)
  for (const event of [order.confirmed(), order.cancelled(3)]) await patient.transport.publish(event)
  expect(await next).toEqual(version(3))
})

it('refuses a version beyond that of an order within 6 s', async () => {
  const { startReplica } = await createSystem()
  const { transport, subscribe } = await startReplica()
  const customer = createUser()
  const order = createOrderEvents(customer.id)
  await transport.publish(order.placed())
  const startedAtMs = performance.now()
  const never = await subscribe(customer, orderUpdated, { id: order.orderId, after: 99 })
  expect(await endOf(never)).toEqual(expired)
  expect(performance.now() - startedAtMs).toBeLessThan(6_000)
})

it('sends every notification after a cursor, be it from a list or from an update, then each further one', async () => {
  const { startReplica } = await createSystem()
  const replica = await startReplica()
  const user = createUser()
  const cursors = await publishNotified(replica, user, 3)
  const fromUpdate = await replica.subscribe(user, notificationAdded, { after: cursors[0] })
  for (const cursor of cursors.slice(1))
    expect(await nextOf(fromUpdate)).toMatchObject({ notificationAdded: { cursor } })
  const listed = await replica.ask(
    user,
    `{ _entities(representations: [{ __typename: "User", id: "${user.id}" }]) {
         ... on User { notifications(first: 2) { pageInfo { endCursor } } } } }`,
  )
  expect(listed).toMatchObject({
    data: { _entities: [{ notifications: { pageInfo: { endCursor: cursors[1] } } }] },
  })
  const fromList = await replica.subscribe(user, notificationAdded, { after: cursors[1] })
  expect(await nextOf(fromList)).toMatchObject({ notificationAdded: { cursor: cursors[2] } })
  await replica.transport.publish(userRegistered(user.id))
  for (const stream of [fromUpdate, fromList])
    expect(await nextOf(stream)).toMatchObject({ notificationAdded: { notification: { kind: 'WELCOME' } } })
})

it('tells a cursor whose successors are pruned to begin anew, and no other', async () => {
  const { startReplica, sql } = await createSystem()
  const replica = await startReplica()
  const customer = createUser()
  const [old, active] = [createOrderEvents(customer.id), createOrderEvents(customer.id)]
  for (const order of [old, active])
    for (const event of [order.placed(), order.confirmed(), order.cancelled()])
      await replica.transport.publish(event)
  await sql.query(`update order_updates set stored_at = now() - interval '31 days' where order_id = $1`, [
    old.orderId,
  ])
  await sql.query(
    `update order_updates set stored_at = now() - interval '31 days' where order_id = $1 and version < 3`,
    [active.orderId],
  )
  await startReplica()
  const kept = async () =>
    (await sql.query('select version from order_updates where order_id = $1', [old.orderId])).rows
  await expect.poll(kept).toEqual([{ version: 3 }])

  const watch = (id: string, after?: number) => replica.subscribe(customer, orderUpdated, { id, after })
  for (const after of [0, 1]) expect(await endOf(await watch(old.orderId, after))).toEqual(expired)
  const [latest, next, current] = [
    await watch(old.orderId),
    await watch(old.orderId, 2),
    await watch(old.orderId, 3),
  ]
  for (const stream of [latest, next]) expect(await nextOf(stream)).toEqual(version(3))
  expect(await nextOf(await watch(active.orderId, 0))).toEqual(version(1))
  await replica.transport.publish(old.cancelled(4))
  for (const stream of [latest, next, current]) expect(await nextOf(stream)).toEqual(version(4))
})

it("tells a user's cursor whose successors are pruned, or that was never given, to begin anew", async () => {
  const { startReplica, sql } = await createSystem()
  const replica = await startReplica()
  const [user, other] = [createUser(), createUser()]
  const cursors = await publishNotified(replica, user, 4)
  await publishNotified(replica, other, 1)
  await sql.query(
    `update notifications set stored_at = now() - interval '91 days' where user_id = $1 and seq <= 2`,
    [user.id],
  )
  await startReplica()
  const countOf = async () => {
    const { rows } = await sql.query('select 1 from notifications where user_id = $1', [user.id])
    return rows.length
  }
  await expect.poll(countOf).toBe(2)
  const watch = (viewer: Customer, after?: string) => replica.subscribe(viewer, notificationAdded, { after })
  expect(await endOf(await watch(user, cursors[0]))).toEqual(expired)
  expect(await endOf(await watch(other, cursors[3]))).toEqual(expired)
  expect(await nextOf(await watch(user, cursors[1]))).toMatchObject({
    notificationAdded: { cursor: cursors[2] },
  })

  await sql.query('delete from notifications where user_id = $1', [user.id])
  expect(await endOf(await watch(user, cursors[2]))).toEqual(expired)
  const current = await watch(user, cursors[3])
  const first = nextOf(current)
  await replica.transport.publish(userRegistered(user.id))
  expect(await first).toMatchObject({ notificationAdded: { notification: { kind: 'WELCOME' } } })
})

it('loses and doubles nothing over a hundred reconnects to one replica or the other', async () => {
  const { startReplica } = await createSystem()
  const replicas = [await startReplica(), await startReplica()] as const
  const user = createUser()
  const [start] = await publishNotified(replicas[0], user, 1)
  const events = Array.from({ length: 200 }, () => createOrderEvents(user.id).confirmed())
  const publishing = (async () => {
    for (const [index, event] of events.entries())
      await replicas[index % 2 === 0 ? 0 : 1].transport.publish(event)
  })()
  const seen: string[] = []
  let cursor = start
  for (let connection = 0; seen.length < events.length; connection += 1) {
    const { subscribe, disconnect } = replicas[connection % 2 === 0 ? 0 : 1]
    const added = await subscribe(user, notificationAdded, { after: cursor })
    for (let count = 0; count < 2; count += 1) {
      const { value } = await added.next()
      cursor = String(Object(value?.data?.notificationAdded).cursor)
      seen.push(cursor)
    }
    if (connection % 3 === 0) disconnect()
    await endOf({ next: async () => added.return?.() ?? { done: true, value: undefined } })
  }
  await publishing
  const numbers = seen.map(text => JSON.parse(Buffer.from(text, 'base64url').toString())[0])
  expect(numbers).toEqual(events.map((_, index) => index + 2))
})

it('sends each order that is placed to staff once, in one order for all, whichever transaction ends first', async () => {
  const { startReplica, sql } = await createSystem()
  const replicas = [await startReplica(), await startReplica()] as const
  const [{ transport }] = replicas
  const staff = createUser(['orders:read'])
  await transport.publish(createOrderEvents(createUser().id).placed())
  const streams = await Promise.all(replicas.map(({ subscribe }) => subscribe(staff, orderPlaced)))
  const firsts = streams.map(nextOf)
  for (const { subscribers } of replicas) await expect.poll(subscribers).toBe(1)

  const [early, late] = [createOrderEvents(createUser().id), createOrderEvents(createUser().id)]
  const [earlyEventId, latePlaced] = [uuidv7(), late.placed()]
  await sql.query('begin')
  await sql.query(
    `insert into order_updates (order_id, version, type, event_id, customer_id, occurred_at)
     values ($1, 1, 'order.placed', $2, $3, now())`,
    [early.orderId, earlyEventId, uuidv7()],
  )
  await transport.publish(latePlaced)
  await transport.publish(late.confirmed())
  await sql.query('commit')
  for (const first of firsts)
    expect(await first).toMatchObject({
      orderPlaced: { order: { id: early.orderId }, eventId: earlyEventId },
    })
  for (const stream of streams)
    expect(await nextOf(stream)).toEqual({
      orderPlaced: {
        order: { id: late.orderId },
        eventId: latePlaced.id,
        occurredAt: '2026-03-01T09:30:00.000Z',
      },
    })
})

it('takes no placed order of a restored dump for a new one', async () => {
  const { startReplica, sql } = await createSystem()
  const { transport } = await startReplica()
  await transport.publish(createOrderEvents(createUser().id).placed())
  await sql.query("update order_updates set stored_in = '1152921504606846976'")
  const { subscribe, subscribers } = await startReplica()
  const isRestamped = async () => {
    const { rows } = await sql.query('select 1 from order_updates where stored_in < pg_current_xact_id()')
    return rows.length === 1
  }
  await expect.poll(isRestamped).toBe(true)
  const updates = await subscribe(createUser(['orders:read']), orderPlaced)
  const first = nextOf(updates)
  await expect.poll(subscribers).toBe(1)
  const order = createOrderEvents(createUser().id)
  await transport.publish(order.placed())
  expect(await first).toMatchObject({ orderPlaced: { order: { id: order.orderId } } })
})

it('keeps placed orders from customers and services', async () => {
  const { startReplica } = await createSystem()
  const { subscribe, subscribers } = await startReplica()
  for (const viewer of [
    createUser(['orders:manage']),
    { kind: 'service', name: 'orders', scopes: ['orders:read'] } as const,
  ])
    expect(await (await subscribe(viewer, orderPlaced)).next()).toMatchObject({
      value: { errors: [{ extensions: { code: 'FORBIDDEN' } }] },
    })
  expect(subscribers()).toBe(0)
})

it('reads a change once for all who watch the same on a replica', async () => {
  const { startReplica } = await createSystem()
  const publisher = await startReplica()
  const queries = countQueries()
  const { subscribe, subscribers } = await startReplica({ onQuery: queries.onQuery })
  const customer = createUser()
  const order = createOrderEvents(customer.id)
  await publisher.transport.publish(order.placed())
  const watching = Array.from({ length: 20 }, async () => {
    const updates = await subscribe(customer, orderUpdated, { id: order.orderId })
    expect(await nextOf(updates)).toEqual(version(1))
    return { next: nextOf(updates) }
  })
  const streams = await Promise.all(watching)
  expect(subscribers()).toBe(20)
  const reads = () =>
    queries
      .statements()
      .filter(statement => statement.includes('where order_updates.order_id = own.order_id'))
  let settled = -1
  await expect
    .poll(() => {
      const isSettled = settled === reads().length
      settled = reads().length
      return isSettled
    })
    .toBe(true)
  queries.reset()
  await publisher.transport.publish(order.confirmed())
  for (const { next } of streams) expect(await next).toEqual(version(2))
  expect(reads().length).toBe(1)
})
