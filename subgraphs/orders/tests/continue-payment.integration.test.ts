import { setTimeout as pause } from 'node:timers/promises'
import type { Viewer } from '@supergraph/runtime/identity.ts'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import {
  anonymous,
  customer,
  type OrdersUnderTest,
  staff,
  startOrdersUnderTest,
} from './orders-under-test.ts'
import { actionOf } from './payments-stand-in.ts'
import { cancel, place, placed } from './placing.ts'

const orders: OrdersUnderTest = await startOrdersUnderTest()
const { payments, products } = orders

const payment = z.object({
  status: z.string(),
  action: z
    .object({ clientSecret: z.string(), redirectUrl: z.string().nullable(), expiresAt: z.string() })
    .nullable(),
})
const known = z.object({
  status: z.string(),
  version: z.int(),
  payment,
  nextStep: z.object({ kind: z.string() }).nullable(),
  timeline: z.array(z.object({ status: z.string(), reason: z.string().nullable() })),
})
const result = z.looseObject({
  __typename: z.string(),
  reason: z.string().optional(),
  order: known.optional(),
})

const fields = `status version payment { status action { clientSecret redirectUrl expiresAt } } nextStep { kind }
  timeline { status reason }`

const read = async (id: string, viewer: Viewer = customerOf(id)) => {
  const { data } = await orders.ask(viewer, `query ($id: ID!) { order(id: $id) { ${fields} } }`, { id })
  return known.parse(data?.order)
}
const goOn = async (orderId: string, viewer: Viewer = customerOf(orderId), url = orders.url) => {
  const { data } = await orders.ask(
    viewer,
    `mutation ($input: ContinuePaymentInput!) { result: continuePayment(input: $input) {
       __typename ... on ContinuePaymentSuccess { order { ${fields} } } ... on PaymentDeclined { reason } } }`,
    { input: { orderId } },
    url,
  )
  return result.parse(data?.result)
}

const owners = new Map<string, ReturnType<typeof customer>>()
const customerOf = (orderId: string) => {
  const owner = owners.get(orderId)
  if (owner === undefined) throw new Error(`Nobody has placed ${orderId}.`)
  return owner
}

/** An order of one unit of a product of which there are `available`, whose payment needs its customer. */
const waiting = async ({ ttlMs = 900_000, available = 1 } = {}) => {
  products.setTtl(ttlMs)
  const productId = products.add({ sku: 'MUG', priceMinor: 1_200, available })
  const owner = customer()
  const items = [{ productId, quantity: 1 }]
  const { id, status } = await placed(orders, owner, items, {
    paymentMethod: 'pm_card_authenticationRequired',
  })
  expect(status).toBe('PENDING')
  owners.set(id, owner)
  return { id, productId, items, owner }
}

const held = (id: string) => ({ stock: products.reservation(id), minor: payments.heldMinor(id) })
const nothing = { stock: 'RELEASED', minor: 0 }
const rejected = (id: string) => expect.poll(async () => (await read(id)).status).toBe('REJECTED')

describe('a payment that needs its customer', () => {
  it('lets the order wait at once, and tells its customer alone what to do until when', async () => {
    const { id } = await waiting()
    const { status, payment } = await read(id)
    const expiresAt = expect.stringMatching(/^2\d{3}-/)
    expect({ status, payment }).toEqual({
      status: 'PENDING',
      payment: { status: 'REQUIRES_ACTION', action: { ...actionOf(id), expiresAt } },
    })
    expect(held(id)).toEqual({ stock: 'RESERVED', minor: 1_200 })
    expect((await read(id, staff)).payment).toEqual({ status: 'REQUIRES_ACTION', action: null })
    expect((await read(id, staff)).nextStep).toEqual({ kind: 'AWAIT_PAYMENT' })
    expect(await goOn(id)).toMatchObject({
      __typename: 'ContinuePaymentSuccess',
      order: { status: 'PENDING', payment: { status: 'REQUIRES_ACTION' } },
    })
  })

  it('is a secret that neither an event nor the history has', async () => {
    const { id } = await waiting()
    payments.approve(id)
    await goOn(id)
    const [kept] = await orders.sql<{ text: string }>(
      `select string_agg(kept.text, ' ') as text from (
         select envelope::text from outbox where aggregate_id = $1
         union all select order_changes::text from order_changes where order_id = $1::uuid
         union all select orders::text from orders where id = $1::uuid) as kept (text)`,
      [id],
    )
    expect(kept?.text).toContain('order.payment-changed')
    expect(kept?.text).not.toContain('secret')
  })

  it('goes on when the customer has approved it, whoever asks how often', async () => {
    const { id } = await waiting()
    payments.approve(id)
    const answers = await Promise.all(Array.from({ length: 5 }, () => goOn(id)))
    for (const answer of answers)
      expect(answer.order).toMatchObject({
        status: 'CONFIRMED',
        payment: { status: 'CAPTURED', action: null },
      })
    expect(await goOn(id)).toMatchObject({ order: { status: 'CONFIRMED', version: 4 } })
    await expect
      .poll(() => orders.events(id).map(({ type, version }) => `${version} ${type}`))
      .toEqual([
        ...['1 order.placed', '2 order.payment-changed', '3 order.payment-changed', '4 order.confirmed'],
      ])
  })

  it('is asked for by one process at a time, so that none takes the order from another', async () => {
    const { id } = await waiting()
    const { url } = await orders.start()
    payments.approve(id)
    const { promise: answered, resolve: answer } = Promise.withResolvers<void>()
    payments.behave({ look: { answerAfter: answered } })
    const before = payments.calls('look')
    const asked = [goOn(id), goOn(id, customerOf(id), url)]
    await expect.poll(() => payments.calls('look')).toBe(before + 1)
    await Promise.race([Promise.all(asked), pause(500)])
    expect(payments.calls('look')).toBe(before + 1)
    answer()
    payments.behave({})
    expect(await Promise.all(asked)).toMatchObject([
      { order: { status: 'CONFIRMED' } },
      { order: { status: 'CONFIRMED' } },
    ])
  })

  it('goes on in any process, without its customer', async () => {
    const { id } = await waiting({ ttlMs: 1_500 })
    payments.approve(id)
    await expect.poll(async () => (await read(id)).status, { timeout: 5_000 }).toBe('CONFIRMED')
  })

  it('may be decided later by the provider, and does not end before', async () => {
    const { id } = await waiting()
    payments.approve(id, 'PROCESSING')
    expect(await goOn(id)).toMatchObject({
      order: { status: 'PENDING', payment: { status: 'PROCESSING', action: null } },
    })
    payments.approve(id)
    expect(await goOn(id)).toMatchObject({ order: { status: 'CONFIRMED' } })
  })

  it('that the customer refuses ends with the reason, gives everything back, and can be made anew', async () => {
    const { id, items, owner } = await waiting()
    payments.refuse(id)
    const reason = 'payment_intent_authentication_failure'
    const refused = { __typename: 'PaymentDeclined', reason }
    expect(await goOn(id)).toMatchObject(refused)
    await rejected(id)
    expect(held(id)).toEqual(nothing)
    payments.approve(id)
    expect(held(id)).toEqual(nothing)
    expect(await goOn(id)).toMatchObject(refused)
    const { status } = await placed(orders, owner, items)
    expect(status).toBe('CONFIRMED')
  })

  it('that nobody approves in time ends with the reason, and an approval that comes later changes nothing', async () => {
    const { id, items, owner } = await waiting({ ttlMs: 300 })
    await rejected(id)
    expect(held(id)).toEqual(nothing)
    payments.approve(id)
    expect(held(id)).toEqual(nothing)
    expect((await read(id)).timeline.at(-1)?.reason).toContain('not approved in time')
    expect(await goOn(id)).toMatchObject({ __typename: 'PaymentDeclined', reason: 'action_expired' })
    expect(await place(orders, owner, items)).toMatchObject({ __typename: 'PlaceOrderSuccess' })
  })

  it('gets the time once more while its customer is at it, and no second time', async () => {
    const { id } = await waiting({ ttlMs: 60_000 })
    const until = async () => (await read(id)).payment.action?.expiresAt ?? ''
    const first = await until()
    await goOn(id)
    const second = await until()
    expect(Date.parse(second)).toBeGreaterThan(Date.parse(first))
    await goOn(id)
    expect(await until()).toBe(second)
  })

  it('is voided when the order is cancelled meanwhile', async () => {
    const { id, owner } = await waiting()
    expect(await cancel(orders, owner, id)).toMatchObject({ order: { status: 'CANCELLED' } })
    expect((await read(id)).payment).toEqual({ status: 'VOIDED', action: null })
    expect(held(id)).toEqual(nothing)
  })

  it('outlives a lost answer, and a process that has no time for products', async () => {
    payments.behave({ look: 'loseAnswer' })
    const { id } = await waiting()
    payments.approve(id)
    await goOn(id)
    expect((await read(id)).status).toBe('PENDING')
    payments.behave({})
    await expect.poll(async () => (await read(id)).status, { timeout: 5_000 }).toBe('CONFIRMED')
    products.behave({ holdStock: 'refuse' })
    const { id: other } = await waiting()
    expect(held(other)).toEqual({ stock: 'RESERVED', minor: 1_200 })
    products.behave({})
    await expect
      .poll(async () => (await read(other)).payment.status, { timeout: 5_000 })
      .toBe('REQUIRES_ACTION')
  })

  it('is nobody else’s: others learn that there is no such order', async () => {
    const { id } = await waiting()
    payments.approve(id)
    for (const viewer of [customer(), staff])
      expect(await goOn(id, viewer)).toEqual({ __typename: 'OrderNotFound' })
    expect(
      await orders.ask(anonymous, `mutation { continuePayment(input: { orderId: "${id}" }) { __typename } }`),
    ).toMatchObject({ errors: [{ extensions: { code: 'UNAUTHENTICATED' } }] })
    expect(payments.charge(id)?.state).toBe('AUTHORIZED')
    expect((await read(id)).status).toBe('PENDING')
  })

  it('is not counted as declined once it is approved', async () => {
    const productId = products.add({ sku: 'PEN', priceMinor: 300, available: 50 })
    const owner = customer()
    products.setTtl(900_000)
    for (let index = 0; index < 12; index += 1) {
      const { id } = await placed(orders, owner, [{ productId, quantity: 1 }], {
        paymentMethod: 'pm_card_authenticationRequired',
      })
      payments.approve(id)
      expect(await goOn(id, owner)).toMatchObject({ order: { status: 'CONFIRMED' } })
    }
  })
})
