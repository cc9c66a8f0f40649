import { countQueries } from '@supergraph/postgres/tests/test-database.ts'
import { uuidv7 } from '@supergraph/runtime/uuid.ts'
import { expect, it } from 'vitest'
import { createOrderEvents, stockChanged, userRegistered } from './events.ts'
import { anonymous, createSystem, createUser, nextOf } from './notifications-under-test.ts'

const orderUpdated =
  'subscription ($id: ID!) { orderUpdated(orderId: $id) { order { id } type version occurredAt eventId } }'
const notificationAdded =
  'subscription { notificationAdded { notification { id kind title body order { id } readAt createdAt } } }'
const stock =
  'subscription ($ids: [ID!]!) { productStockChanged(productIds: $ids) { product { id } available occurredAt } }'

it("emits an order's latest change, then each further one", async () => {
  const { startReplica } = await createSystem()
  const { transport, subscribe } = await startReplica()
  const customer = createUser()
  const order = createOrderEvents(customer.id)
  const [placed, confirmed, cancelled] = [order.placed(), order.confirmed(), order.cancelled()]
  await transport.publish(placed)
  await transport.publish(confirmed)

  const updates = await subscribe(customer, orderUpdated, { id: order.orderId.toUpperCase() })
  expect(await nextOf(updates)).toEqual({
    orderUpdated: {
      order: { id: order.orderId },
      type: 'order.confirmed',
      version: 2,
      occurredAt: '2026-03-01T09:30:00.000Z',
      eventId: confirmed.id,
    },
  })
  await transport.publish(cancelled)
  expect(await nextOf(updates)).toMatchObject({
    orderUpdated: { type: 'order.cancelled', version: 3, eventId: cancelled.id },
  })
})

it('waits for an order whose events are still on their way, and begins with the first', async () => {
  const { startReplica } = await createSystem()
  const queries = countQueries()
  const { transport, subscribe } = await startReplica({ onQuery: queries.onQuery })
  const customer = createUser()
  const order = createOrderEvents(customer.id)
  queries.reset()
  const updates = await subscribe(customer, orderUpdated, { id: order.orderId })
  const first = nextOf(updates)
  await expect.poll(() => queries.statements().join('\n')).toContain('customer_id')
  await transport.publish(order.confirmed())
  await transport.publish(order.placed())
  expect(await first).toMatchObject({ orderUpdated: { type: 'order.placed', version: 1 } })
  expect(await nextOf(updates)).toMatchObject({ orderUpdated: { type: 'order.confirmed', version: 2 } })
})

it('emits changes in order of version though their events overtake one another', async () => {
  const { startReplica } = await createSystem()
  const { transport, subscribe } = await startReplica()
  const customer = createUser()
  const order = createOrderEvents(customer.id)
  await transport.publish(order.placed())
  const updates = await subscribe(customer, orderUpdated, { id: order.orderId })
  expect(await nextOf(updates)).toMatchObject({ orderUpdated: { version: 1 } })
  const second = nextOf(updates)
  await transport.publish(order.cancelled())
  await transport.publish(order.confirmed())
  expect(await second).toMatchObject({ orderUpdated: { version: 2, type: 'order.confirmed' } })
  expect(await nextOf(updates)).toMatchObject({ orderUpdated: { version: 3, type: 'order.cancelled' } })
})

it("refuses another customer's order exactly like an unknown one", async () => {
  const { startReplica } = await createSystem()
  const unknownWaitMs = 400
  const { transport, subscribe, subscribers } = await startReplica({ orderWaits: { unknownWaitMs } })
  const foreign = createOrderEvents(createUser().id)
  await transport.publish(foreign.placed())

  const refusalOf = async (id: string, scopes: readonly string[]) => {
    const startedAt = performance.now()
    const updates = await subscribe(createUser(scopes), orderUpdated, { id })
    const refusal = await updates.next().catch((error: unknown) => error)
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(unknownWaitMs)
    return refusal
  }
  const refusals = [
    refusalOf(uuidv7(), []),
    refusalOf('no uuid', []),
    refusalOf(foreign.orderId, []),
    refusalOf(foreign.orderId, ['orders:read', 'orders:manage']),
  ]
  await expect.poll(subscribers).toBe(4)
  await transport.publish(foreign.confirmed())
  const [unknown, ...others] = await Promise.all(refusals)
  expect(unknown).toEqual([
    {
      message: 'There is no order with this id, or it is not yours.',
      extensions: { code: 'NOT_FOUND' },
    },
  ])
  expect(others).toEqual([unknown, unknown, unknown])
  expect(subscribers()).toBe(0)
})

it('emits the notifications that come after subscribing, to their user alone', async () => {
  const { startReplica } = await createSystem()
  const { transport, subscribe, subscribers } = await startReplica()
  const [user, other] = [createUser(), createUser()]
  await transport.publish(userRegistered(user.id))
  const added = await subscribe(user, notificationAdded)
  const first = nextOf(added)
  await expect.poll(subscribers).toBe(1)
  const order = createOrderEvents(user.id)
  await transport.publish(userRegistered(other.id))
  await transport.publish(createOrderEvents(other.id).rejected())
  await transport.publish(order.confirmed())
  expect(await first).toEqual({
    notificationAdded: {
      notification: {
        id: expect.any(String),
        kind: 'ORDER_CONFIRMED',
        title: 'Order 100001 is confirmed',
        body: expect.stringContaining('€49.90'),
        order: { id: order.orderId },
        readAt: null,
        createdAt: '2026-03-01T09:30:00.000Z',
      },
    },
  })
})

it('emits the known stock of products to anyone, then each change that is newer', async () => {
  const { startReplica } = await createSystem()
  const { transport, subscribe } = await startReplica()
  const [mug, pen, lamp] = [uuidv7(), uuidv7(), uuidv7()]
  await transport.publish(stockChanged(mug, 3, 7))
  await transport.publish(stockChanged(lamp, 1, 1))
  const changes = await subscribe(anonymous, stock, { ids: [mug.toUpperCase(), pen, pen, 'no uuid'] })
  expect(await nextOf(changes)).toEqual({
    productStockChanged: { product: { id: mug }, available: 7, occurredAt: '2026-03-01T09:30:00.000Z' },
  })
  await transport.publish(stockChanged(mug, 2, 9))
  await transport.publish(stockChanged(lamp, 2, 0))
  await transport.publish(stockChanged(pen, 1, 5))
  expect(await nextOf(changes)).toMatchObject({ productStockChanged: { product: { id: pen }, available: 5 } })
  await transport.publish(stockChanged(mug, 4, 6))
  expect(await nextOf(changes)).toMatchObject({ productStockChanged: { product: { id: mug }, available: 6 } })
})

it('tells the gateway of each event when what caused it happened', async () => {
  const { startReplica } = await createSystem()
  const { transport, subscribe, subscribers } = await startReplica()
  const [customer, staff, mug] = [createUser(), createUser(['orders:read']), uuidv7()]
  const happenedAt = new Date('2026-04-02T08:15:00.250Z')
  const order = createOrderEvents(customer.id, uuidv7(), happenedAt)
  const streams = await Promise.all([
    subscribe(customer, orderUpdated, { id: order.orderId }),
    subscribe(customer, notificationAdded),
    subscribe(staff, 'subscription { orderPlaced { eventId } }'),
    subscribe(anonymous, stock, { ids: [mug] }),
  ])
  const firsts = streams.map(stream => stream.next())
  await expect.poll(subscribers).toBe(4)
  await transport.publish(order.placed())
  await transport.publish(order.confirmed())
  await transport.publish(stockChanged(mug, 1, 7))
  const told = await Promise.all(firsts)
  expect(told.map(({ value }) => value.extensions.occurredAtMs)).toEqual([
    ...Array.from({ length: 3 }, () => happenedAt.getTime()),
    Date.parse('2026-03-01T09:30:00.000Z'),
  ])
})

it('takes 1 to 100 products, one of which at least can exist', async () => {
  const { startReplica } = await createSystem()
  const { subscribe } = await startReplica()
  for (const ids of [[], ['no uuid', '1'], Array.from({ length: 101 }, () => uuidv7())]) {
    const changes = await subscribe(anonymous, stock, { ids })
    expect(await changes.next()).toMatchObject({
      value: { errors: [{ extensions: { code: 'BAD_USER_INPUT' } }] },
    })
  }
})

it('asks those who watch orders or notifications to sign in', async () => {
  const { startReplica } = await createSystem()
  const { subscribe, subscribers } = await startReplica()
  for (const query of [orderUpdated, notificationAdded]) {
    for (const viewer of [
      anonymous,
      { kind: 'service', name: 'orders', scopes: ['stock:reserve'] } as const,
    ]) {
      const refused = await subscribe(viewer, query, { id: uuidv7() })
      expect(await refused.next()).toMatchObject({
        value: { errors: [{ extensions: { code: 'UNAUTHENTICATED' } }] },
      })
    }
  }
  expect(subscribers()).toBe(0)
})

it('leaves no listener behind when clients unsubscribe or vanish', async () => {
  const { startReplica } = await createSystem()
  const { transport, subscribe, subscribers, disconnect } = await startReplica()
  const customer = createUser()
  const order = createOrderEvents(customer.id)
  await transport.publish(order.placed())
  const subscribeToAll = () =>
    Promise.all([
      subscribe(customer, orderUpdated, { id: order.orderId }),
      subscribe(customer, orderUpdated, { id: uuidv7() }),
      subscribe(customer, notificationAdded),
      subscribe(anonymous, stock, { ids: [uuidv7()] }),
    ])
  const streams = await subscribeToAll()
  await expect.poll(subscribers).toBe(4)
  for (const [index, stream] of streams.entries()) {
    await stream.return?.()
    await expect.poll(subscribers).toBe(3 - index)
  }

  await subscribeToAll()
  await expect.poll(subscribers).toBe(4)
  disconnect()
  await expect.poll(subscribers).toBe(0)
})
