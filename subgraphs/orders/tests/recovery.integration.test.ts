import { setTimeout as pause } from 'node:timers/promises'
import { uuidv7 } from '@supergraph/runtime/uuid.ts'
import type { OtlpSpan } from '@supergraph/telemetry/otlp.ts'
import { addSpanSink } from '@supergraph/telemetry/sink.ts'
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { customer, staff, startOrdersUnderTest } from './orders-under-test.ts'
import { cancel, orderOf, place, placed, placedInTheEnd } from './placing.ts'

const orders = await startOrdersUnderTest()
const { products, payments } = orders
const mug = (available = 100) => products.add({ sku: `MUG-${uuidv7()}`, priceMinor: 1_800, available })

const rowOf = async (orderId: string) => {
  const [row] = await orders.sql<{ status: string; version: number; step: string | null }>(
    'select status, version, step from orders where id = $1',
    [orderId],
  )
  return row
}
const orderIdOf = async (customerId: string): Promise<string> => {
  const [row] = await orders.sql<{ id: string }>('select id from orders where customer_id = $1', [customerId])
  if (row === undefined) throw new Error(`no order of ${customerId}`)
  return row.id
}
const leaseIsOver = (orderId: string) =>
  orders.sql('update orders set step_due_at = now() where id = $1 and step is not null', [orderId])
const hasStep = (orderId: string, step: string) =>
  vi.waitFor(async () => expect(await rowOf(orderId)).toMatchObject({ step }))
const settledAs = (orderId: string, status: string, version: number) =>
  vi.waitFor(async () => expect(await rowOf(orderId)).toEqual({ status, version, step: null }), {
    timeout: 60_000,
  })

const forwards = ['reserveStock', 'authorize', 'commitStock', 'capture'] as const
const backwards = ['giveBack', 'releaseStock'] as const
type Operation = (typeof forwards | typeof backwards)[number]
const stepOf = {
  reserveStock: 'RESERVE_STOCK',
  authorize: 'AUTHORIZE_PAYMENT',
  commitStock: 'COMMIT_STOCK',
  capture: 'CAPTURE_PAYMENT',
} as const satisfies Record<(typeof forwards)[number], string>

/** Makes one operation of a stand-in behave so; the others as they should. */
const behave = (operation: Operation, behaviour: Parameters<typeof payments.behave>[0]['capture']) => {
  const isStock = operation === 'reserveStock' || operation === 'commitStock' || operation === 'releaseStock'
  if (isStock) products.behave({ [operation]: behaviour })
  else payments.behave({ [operation]: behaviour })
}
const callsOf = (operation: Operation): number => {
  const isStock = operation === 'reserveStock' || operation === 'commitStock' || operation === 'releaseStock'
  return isStock ? products.calls(operation) : payments.calls(operation)
}
const isAsked = async (operation: Operation, work: () => unknown) => {
  const before = callsOf(operation)
  work()
  await vi.waitFor(() => expect(callsOf(operation)).toBe(before + 1), { timeout: 60_000 })
}

afterEach(() => {
  products.behave({})
  payments.behave({})
})

it('shows staff the next step of an order that is stuck, and lets staff alone have it tried at once', async () => {
  const viewer = customer()
  behave('commitStock', 'loseAnswer')
  const { id } = orderOf(await place(orders, viewer, [{ productId: mug(10), quantity: 1 }]))
  const sql = `update orders set step_due_at = now() + interval '1 hour', fence = fence + 1
    where id = $1 and step_attempts > 0 returning id`
  await vi.waitFor(async () => expect(await orders.sql(sql, [id])).toHaveLength(1), { timeout: 60_000 })
  behave('commitStock', 'answer')
  const query = `query ($id: ID!) { order(id: $id) { nextStep { kind failedAttempts dueAt givenUpAt } } }`
  const mutation = `mutation ($id: ID!) { retryOrder(input: { orderId: $id }) { __typename } }`
  expect((await orders.ask(viewer, query, { id })).data).toEqual({ order: { nextStep: null } })
  expect((await orders.ask(staff, query, { id })).data).toMatchObject({
    order: {
      nextStep: { kind: 'COMMIT_STOCK', failedAttempts: expect.any(Number), givenUpAt: expect.any(String) },
    },
  })
  const underWay = await orders.ask(staff, '{ ordersUnderWay(first: 100) { id } }')
  expect(underWay.data).toMatchObject({ ordersUnderWay: expect.arrayContaining([{ id }]) })
  expect((await orders.ask(viewer, mutation, { id })).errors).toHaveLength(1)
  expect((await rowOf(id))?.status).toBe('PENDING')
  expect((await orders.ask(staff, mutation, { id })).data).toEqual({
    retryOrder: { __typename: 'RetryOrderSuccess' },
  })
  await settledAs(id, 'CONFIRMED', 2)
})

describe('a checkout whose step had no answer', () => {
  it.each(
    forwards,
  )('asks again when the answer to %s was lost, and charges and takes once', async operation => {
    const viewer = customer()
    const productId = mug(10)
    behave(operation, 'loseAnswer')
    const placing = place(orders, viewer, [{ productId, quantity: 4 }])
    await vi.waitFor(() => expect(callsOf(operation)).toBeGreaterThan(0))
    await vi.waitFor(async () => {
      const [row] = await orders.sql<{ step_attempts: number }>(
        'select step_attempts from orders where customer_id = $1',
        [viewer.id],
      )
      expect(row?.step_attempts).toBeGreaterThan(0)
    })
    behave(operation, 'answer')
    const { id } = orderOf(await placing)
    await settledAs(id, 'CONFIRMED', 2)
    expect(products.available(productId)).toBe(6)
    expect(payments.charge(id)).toMatchObject({ state: 'CAPTURED', amountMinor: 7_200 })
    await vi.waitFor(() => expect(orders.events(id).map(({ version }) => version)).toEqual([1, 2]), {
      timeout: 60_000,
    })
  })

  it.each(backwards)('asks again when the answer to %s was lost, and returns once', async operation => {
    const viewer = customer()
    const productId = mug(10)
    const { id } = await placed(orders, viewer, [{ productId, quantity: 4 }])
    behave(operation, 'loseAnswer')
    await isAsked(operation, () => cancel(orders, viewer, id))
    behave(operation, 'answer')
    await settledAs(id, 'CANCELLED', 3)
    expect(products.available(productId)).toBe(10)
    expect(payments.charge(id)).toMatchObject({ state: 'CAPTURED', refundedMinor: 7_200 })
  })

  it('is answered with the PENDING order after about 3 s, and finished by a sweeper in its trace', async () => {
    const spans: OtlpSpan[] = []
    const sink = addSpanSink(({ resourceSpans }) =>
      spans.push(...resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(each => each.spans))),
    )
    onTestFinished(sink.stop)
    const productId = mug(10)
    products.behave({ reserveStock: 'hang' })
    const startedAt = performance.now()
    const { id, status } = await placed(orders, customer(), [{ productId, quantity: 4 }])
    expect(status).toBe('PENDING')
    expect(performance.now() - startedAt).toBeLessThan(3_500)
    products.behave({})
    await settledAs(id, 'CONFIRMED', 2)
    expect(products.available(productId)).toBe(6)
    const ofOrder = () =>
      spans.filter(({ attributes }) =>
        attributes.some(({ key, value }) => key === 'supergraph.order.id' && value.stringValue === id),
      )
    await vi.waitFor(() => expect(ofOrder().map(({ name }) => name)).toContain('resume order'), {
      timeout: 60_000,
    })
    const attempts = ofOrder()
      .filter(({ name }) => name === 'step RESERVE_STOCK')
      .map(({ attributes }) => attributes.find(({ key }) => key === 'supergraph.saga.attempt')?.value)
    expect(attempts).toEqual(expect.arrayContaining([{ intValue: 1 }, { intValue: 2 }]))
    expect(new Set(ofOrder().map(({ traceId }) => traceId)).size).toBe(1)
  })

  it('is answered before its caller stops waiting', async () => {
    products.behave({ reserveStock: 'hang' })
    const startedAt = performance.now()
    const { id, status } = await placed(orders, customer(), [{ productId: mug(), quantity: 1 }], {
      waitMs: 1_500,
    })
    expect(status).toBe('PENDING')
    expect(performance.now() - startedAt).toBeLessThan(1_500)
    products.behave({})
    await settledAs(id, 'CONFIRMED', 2)
  })

  it('answers the same request in another process with the outcome of the first', async () => {
    const { url } = await orders.start()
    const viewer = customer()
    const items = [{ productId: mug(10), quantity: 1 }]
    const captures = Promise.withResolvers<void>()
    payments.behave({ capture: { answerAfter: captures.promise } })
    const key = { idempotencyKey: 'twins' }
    const before = payments.calls('authorize')
    let placing: ReturnType<typeof place> | undefined
    await isAsked('capture', () => {
      placing = place(orders, viewer, items, key)
    })
    const twin = place(orders, viewer, items, { ...key, url })
    captures.resolve()
    expect((await twin).order).toEqual((await placing)?.order)
    expect(orderOf(await twin).status).toBe('CONFIRMED')
    expect(payments.calls('authorize') - before).toBe(1)
  })

  it('is given up after half an hour: REJECTED, nothing held, and its key good for a new one', async () => {
    const viewer = customer()
    const productId = mug(5)
    const items = [{ productId, quantity: 5 }]
    const key = { idempotencyKey: 'patience' }
    payments.behave({ capture: 'refuse' })
    const { id, status } = await placed(orders, viewer, items, key)
    expect(status).toBe('PENDING')
    await orders.sql(`update orders set placed_at = placed_at - interval '31 minutes' where id = $1`, [id])
    await leaseIsOver(id)
    await settledAs(id, 'REJECTED', 2)
    expect(products.available(productId)).toBe(5)
    expect(payments.heldMinor(id)).toBe(0)
    payments.behave({})
    expect((await placed(orders, viewer, items, key)).status).toBe('CONFIRMED')
  })
})

describe('a process that stops in the middle of a step, and wakes up late', () => {
  const moments = (['actAfter', 'answerAfter'] as const).flatMap(when =>
    forwards.map(operation => ({ operation, when })),
  )

  it.each(moments)('has its order confirmed by another, and changes nothing: $operation, $when', async ({
    operation,
    when,
  }) => {
    const viewer = customer()
    const productId = mug(5)
    const wakesUp = Promise.withResolvers<void>()
    behave(operation, when === 'actAfter' ? { actAfter: wakesUp.promise } : { answerAfter: wakesUp.promise })
    let placing: ReturnType<typeof place> | undefined
    await isAsked(operation, () => {
      placing = place(orders, viewer, [{ productId, quantity: 5 }])
    })
    behave(operation, 'answer')
    const id = await orderIdOf(viewer.id)
    // n.b. a step that takes long is written down, with a lease of its own
    await hasStep(id, stepOf[operation])
    await leaseIsOver(id)
    await settledAs(id, 'CONFIRMED', 2)
    wakesUp.resolve()
    await placing
    expect(await rowOf(id)).toEqual({ status: 'CONFIRMED', version: 2, step: null })
    expect(products.available(productId)).toBe(0)
    expect(payments.charge(id)).toMatchObject({ state: 'CAPTURED', refundedMinor: 0 })
  })

  it('sends no further request if it has lost the order', async () => {
    const viewer = customer()
    const wakesUp = Promise.withResolvers<void>()
    payments.behave({ authorize: { answerAfter: wakesUp.promise } })
    let placing: ReturnType<typeof place> | undefined
    await isAsked('authorize', () => {
      placing = place(orders, viewer, [{ productId: mug(5), quantity: 5 }])
    })
    await cancel(orders, viewer, await orderIdOf(viewer.id))
    const before = [products.calls('commitStock'), payments.calls('capture')]
    // n.b. longer than a step takes whose result may stay unwritten
    await pause(300)
    wakesUp.resolve()
    expect((await placing)?.order).toMatchObject({ status: 'CANCELLED' })
    expect([products.calls('commitStock'), payments.calls('capture')]).toEqual(before)
  })

  it.each(moments)('holds nothing of an order that was cancelled meanwhile: $operation, $when', async ({
    operation,
    when,
  }) => {
    const viewer = customer()
    const productId = mug(5)
    const wakesUp = Promise.withResolvers<void>()
    behave(operation, when === 'actAfter' ? { actAfter: wakesUp.promise } : { answerAfter: wakesUp.promise })
    let placing: ReturnType<typeof place> | undefined
    await isAsked(operation, () => {
      placing = place(orders, viewer, [{ productId, quantity: 5 }])
    })
    const id = await orderIdOf(viewer.id)
    await cancel(orders, viewer, id)
    wakesUp.resolve()
    expect((await placing)?.order).toMatchObject({ id, status: 'CANCELLED', version: 2 })
    await settledAs(id, 'CANCELLED', 2)
    expect(products.available(productId)).toBe(5)
    expect(products.reservation(id)).toBe('RELEASED')
    expect(payments.heldMinor(id)).toBe(0)
  })
})

describe('two processes', () => {
  it('finish each other’s orders, each once', async () => {
    const second = await orders.start()
    const productId = mug(100)
    payments.behave({ capture: 'loseAnswer' })
    const pending = await Promise.all(
      Array.from({ length: 30 }, (_, index) =>
        placedInTheEnd(orders, customer(), [{ productId, quantity: 1 }], {
          url: index % 2 === 0 ? orders.url : second.url,
        }),
      ),
    )
    expect(new Set(pending.map(({ status }) => status))).toEqual(new Set(['PENDING']))
    await second.stop()
    payments.behave({})
    for (const { id } of pending) await settledAs(id, 'CONFIRMED', 2)
    expect(products.available(productId)).toBe(70)
    for (const { id } of pending) {
      expect(payments.charge(id)).toMatchObject({ state: 'CAPTURED', amountMinor: 1_800 })
    }
  })
})
