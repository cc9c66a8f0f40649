import { createHmac } from 'node:crypto'
import { startTestSimulator } from '@supergraph/payment-simulator/tests/simulator-under-test.ts'
import { createLogger } from '@supergraph/runtime/logger.ts'
import { uuidv7 } from '@supergraph/runtime/uuid.ts'
import { afterAll, expect, it } from 'vitest'
import { z } from 'zod'
import { openOrdersDatabase } from '../database/open.ts'
import { createOrderStore } from '../database/order-store.ts'
import type { Dispute, ProviderRefund } from '../domain/settlement.ts'
import { createStripePayments } from '../payments/stripe-payments.ts'
import { command } from './changing.ts'
import { customer, staff, startOrdersUnderTest } from './orders-under-test.ts'
import { placed } from './placing.ts'

const simulator = await startTestSimulator()
afterAll(simulator.stop)
const payments = createStripePayments({
  ...{ apiUrl: simulator.url, apiKey: simulator.apiKey, shopUrl: 'https://shop.example' },
  logger: createLogger('orders', 'silent'),
})
const secret = 'whsec_settlement'
const orders = await startOrdersUnderTest({ STRIPE_WEBHOOK_SECRETS: secret }, { payments })

const database = await openOrdersDatabase(orders.databaseUrl)
afterAll(() => database.destroy())
const store = createOrderStore(database)

const known = z.object({
  status: z.string(),
  payment: z.object({
    status: z.string(),
    refunded: z.object({ amountMinor: z.int() }),
    refunds: z.array(z.object({ status: z.string(), amount: z.object({ amountMinor: z.int() }) })),
    disputes: z.array(
      z.object({ status: z.string(), amount: z.object({ amountMinor: z.int() }), reason: z.string() }),
    ),
  }),
  timeline: z.array(z.object({ status: z.string(), reason: z.string().nullable() })),
})
const query = `query ($id: ID!) { order(id: $id) {
  status timeline { status reason }
  payment {
    status refunded { amountMinor } refunds { status amount { amountMinor } }
    disputes { status amount { amountMinor } reason }
  }
} }`

const orderOf = async (paymentMethod: string) => {
  const owner = customer()
  const productId = orders.products.add({ sku: `MUG-${uuidv7()}`, priceMinor: 1_500, available: 2 })
  const items = [{ productId, quantity: 2 }]
  const { id, status } = await placed(orders, owner, items, { paymentMethod })
  expect(status).toBe('CONFIRMED')
  const [row] = await orders.sql<{ payment_id: string }>('select payment_id from orders where id = $1', [id])
  const paymentId = row?.payment_id ?? ''
  return {
    id,
    productId,
    /** How much the provider has returned, and the id of its dispute. */
    returned: async () =>
      Number(
        (
          await simulator.query<{ sum: string }>(
            'select amount_refunded as sum from payment_intents where id = $1',
            [paymentId],
          )
        )[0]?.sum,
      ),
    disputeId: async () =>
      (
        await simulator.query<{ id: string }>('select id from disputes where payment_intent_id = $1', [
          paymentId,
        ])
      )[0]?.id ?? '',
    /** The next step, how often it has failed, and in how many minutes it is due. */
    next: async () =>
      (
        await orders.sql(
          `select step, step_attempts as attempts, round(extract(epoch from step_due_at - now()) / 60)::int as minutes
           from orders where id = $1`,
          [id],
        )
      )[0],
    read: async () => known.parse((await orders.ask(owner, query, { id })).data?.order),
    /** What the provider's console does. */
    operate: async (form: Readonly<Record<string, string>>) => {
      const response = await fetch(`${simulator.url}/simulator/payments/${paymentId}`, {
        method: 'POST',
        body: new URLSearchParams(form),
        redirect: 'manual',
        headers: { authorization: `Bearer ${simulator.apiKey}` },
      })
      expect(response.status).toBe(303)
    },
    tell: async (type: string, object: string) => {
      const data = { object: { object, id: 'x_1', payment_intent: paymentId } }
      if (object === 'payment_intent') data.object.id = paymentId
      const body = JSON.stringify({ id: `evt_${uuidv7()}`, type, created: 1, data })
      const time = Math.floor(Date.now() / 1_000)
      const signature = createHmac('sha256', secret).update(`${time}.${body}`).digest('hex')
      const headers = { 'stripe-signature': `t=${time},v1=${signature}` }
      const response = await fetch(new URL('/webhooks/stripe', orders.url), { method: 'POST', body, headers })
      expect(response.status).toBe(200)
    },
  }
}
const patient = { interval: 50, timeout: 15_000 }

it('shows refunds that were made in the provider’s own console, each once, and closes the order with the last', async () => {
  const { id, read, operate, tell } = await orderOf('pm_card_visa')
  await operate({ action: 'refund', amount: '10.00' })
  for (let times = 0; times < 3; times += 1) await tell('charge.refunded', 'charge')
  await expect.poll(read, patient).toMatchObject({
    status: 'CONFIRMED',
    payment: {
      status: 'PARTIALLY_REFUNDED',
      refunded: { amountMinor: 1_000 },
      refunds: [{ status: 'SUCCEEDED', amount: { amountMinor: 1_000 } }],
    },
  })
  await operate({ action: 'refund', amount: '' })
  await tell('charge.refunded', 'charge')
  await expect.poll(read, patient).toMatchObject({
    status: 'REFUNDED',
    payment: { status: 'REFUNDED', refunded: { amountMinor: 3_000 } },
  })
  await expect
    .poll(() => orders.events(id).map(({ type }) => type), patient)
    .toEqual(['order.placed', 'order.confirmed', 'order.refunded', 'order.refunded'])
})

it('takes a refund back that the bank has sent back, and the order goes on as it was', async () => {
  const { id, read, tell } = await orderOf('pm_card_refundFail')
  expect(await command(orders, staff, 'refund', id)).toMatchObject({ order: { status: 'REFUNDED' } })
  await expect
    .poll(
      async () => {
        await tell('refund.failed', 'refund')
        return read()
      },
      { ...patient, interval: 500 },
    )
    .toMatchObject({
      status: 'CONFIRMED',
      payment: { status: 'CAPTURED', refunded: { amountMinor: 0 }, refunds: [{ status: 'FAILED' }] },
    })
  expect((await read()).timeline.at(-1)?.reason).toContain('has failed at the bank')
  const owing = async () => (await orders.ask(staff, '{ ordersOwingRefunds { id } }')).data
  const owed = { ordersOwingRefunds: expect.arrayContaining([{ id }]) }
  expect(await owing()).toEqual(owed)
  expect(await command(orders, staff, 'refund', id)).toMatchObject({ order: { status: 'REFUNDED' } })
  expect(await owing()).not.toEqual(owed)
})

it('leaves a refund open that the bank has yet to decide about', async () => {
  const { id, read, tell } = await orderOf('pm_card_pendingRefund')
  expect(await command(orders, staff, 'refund', id)).toMatchObject({ refund: { status: 'PENDING' } })
  expect(await read()).toMatchObject({ status: 'CONFIRMED', payment: { refunds: [{ status: 'PENDING' }] } })
  await expect
    .poll(
      async () => {
        await tell('refund.updated', 'refund')
        return read()
      },
      { ...patient, interval: 500 },
    )
    .toMatchObject({ status: 'REFUNDED', payment: { refunds: [{ status: 'SUCCEEDED' }] } })
})

it('shows a dispute from its beginning to its end', async () => {
  const { read, operate, tell } = await orderOf('pm_card_visa')
  await operate({ action: 'dispute' })
  await tell('charge.dispute.created', 'dispute')
  const amount = { amountMinor: 3_000 }
  await expect
    .poll(async () => (await read()).payment.disputes, patient)
    .toEqual([{ status: 'NEEDS_RESPONSE', amount, reason: 'fraudulent' }])
  const [dispute] = await simulator.query<{ id: string }>(
    'select id from disputes order by created_at desc limit 1',
  )
  await operate({ action: 'lose', dispute: dispute?.id ?? '' })
  for (let times = 0; times < 2; times += 1) await tell('charge.dispute.closed', 'dispute')
  await expect
    .poll(async () => (await read()).payment.disputes, patient)
    .toEqual([{ status: 'LOST', amount, reason: 'fraudulent' }])
  expect((await read()).timeline.map(({ status }) => status)).toHaveLength(4)
})

it('waits for the bank with an order that is cancelled while it is disputed, and ends as the bank decides', async () => {
  const [lost, won] = [await orderOf('pm_card_visa'), await orderOf('pm_card_visa')]
  for (const { id, operate, tell, disputeId, next } of [lost, won]) {
    await operate({ action: 'dispute' })
    await command(orders, staff, 'cancel', id)
    expect(await next()).toEqual({ step: 'RETURN_PAYMENT', attempts: 1, minutes: 60 })
    const dispute = await disputeId()
    await operate({ action: id === lost.id ? 'lose' : 'win', dispute })
    await tell('charge.dispute.closed', 'dispute')
    await expect
      .poll(
        async () =>
          (await orders.sql('select payment_state, stock_state from orders where id = $1', [id]))[0],
        patient,
      )
      .toEqual({ payment_state: 'REFUNDED', stock_state: 'RETURNED' })
  }
  expect([await lost.returned(), await won.returned()]).toEqual([0, 3_000])
})

it.each([
  'CANCELLED',
  'REJECTED',
])('returns the money of an order again that is %s, at once and then each day', async status => {
  const { id, next } = await orderOf('pm_card_visa')
  await orders.sql(
    `update orders set status = $2, refusal = case when $2 = 'REJECTED' then '{"kind":"Unavailable"}'::jsonb end,
       stock_state = 'RETURNED', payment_state = 'REFUNDED', refunded_minor = total_minor where id = $1`,
    [id, status],
  )
  const failRefunds = async () => {
    await orders.sql(
      `insert into refunds (id, order_id, amount_minor, state, actor_kind, requested_at)
       select gen_random_uuid(), $1, 3000, 'SUCCEEDED', 'SYSTEM', now()
       where not exists (select from refunds where order_id = $1 and state = 'SUCCEEDED')`,
      [id],
    )
    const refunds = await orders.sql<{ id: string; state: string }>(
      'select id from refunds where order_id = $1',
      [id],
    )
    const [row] = await orders.sql<{ fence: number }>('select fence from orders where id = $1', [id])
    const failed = refunds.map(
      ({ id }): ProviderRefund => ({
        ...{
          id: `re_${id}`,
          refundId: null,
          isOurs: true,
          amountMinor: 3_000,
          state: 'FAILED',
          failure: 'lost_card',
        },
      }),
    )
    const found = { isLost: null, refunds: failed, disputes: null }
    expect(await store.settle({ orderId: id, fence: row?.fence ?? 0 }, found, new Date())).toBe('changed')
  }
  await failRefunds()
  const payment = async () =>
    (await orders.sql<{ state: string }>('select payment_state as state from orders where id = $1', [id]))[0]
      ?.state
  await expect.poll(payment, patient).toBe('REFUNDED')
  await failRefunds()
  expect(await next()).toEqual({ step: 'RETURN_PAYMENT', attempts: 2, minutes: 24 * 60 })
})

it('takes no answer of the provider that is older than what the order knows by now', async () => {
  const { id, read } = await orderOf('pm_card_visa')
  const [row] = await orders.sql<{ fence: number }>('select fence from orders where id = $1', [id])
  const asked = { orderId: id, fence: row?.fence ?? 0 }
  const learn = (status: Dispute['status']) => {
    const dispute = {
      id: `du_${id}`,
      status,
      amountMinor: 1,
      reason: 'x',
      openedAt: new Date(),
      respondBy: null,
    }
    return store.settle(asked, { isLost: null, refunds: null, disputes: [dispute] }, new Date())
  }
  expect([await learn('WON'), await learn('NEEDS_RESPONSE')]).toEqual(['changed', 'stale'])
  expect((await read()).payment.disputes).toMatchObject([{ status: 'WON' }])
})

it('calls an order off whose payment fails after it was confirmed, and notes it of one that is sent', async () => {
  const [kept, sent] = [await orderOf('pm_card_visa'), await orderOf('pm_card_visa')]
  await command(orders, staff, 'ship', sent.id)
  await simulator.query(
    `update payment_intents set status = 'canceled', amount_received = 0, canceled_at = now() where order_id = any ($1)`,
    [[kept.id, sent.id]],
  )
  for (const { tell } of [kept, sent, sent]) await tell('payment_intent.canceled', 'payment_intent')
  await expect.poll(kept.read, patient).toMatchObject({ status: 'CANCELLED', payment: { status: 'VOIDED' } })
  await expect.poll(() => orders.products.reservation(kept.id), patient).toBe('RELEASED')
  await expect
    .poll(
      async () => (await sent.read()).timeline.map(({ reason }) => reason?.includes('claimed') ?? false),
      patient,
    )
    .toEqual([false, false, false, true])
})

it('learns from the provider’s list of events what no webhook has told, in one process at a time', async () => {
  await Promise.all(
    [1, 2].map(() => orders.start({ STRIPE_WEBHOOK_SECRETS: [], STRIPE_EVENTS_EVERY_SECONDS: 1 })),
  )
  const { read, operate } = await orderOf('pm_card_visa')
  await operate({ action: 'refund', amount: '10.00' })
  await operate({ action: 'dispute' })
  const listedFrom = () =>
    orders.sql<{ minutes: number }>(
      'select (extract(epoch from now() - asked_until) / 60)::int as minutes from missed_events',
    )
  // n.b. the process of the other tests has asked already, and that may be minutes ago
  await orders.sql(`update missed_events set due_at = now()`)
  await expect.poll(listedFrom, patient).toEqual([{ minutes: 0 }])
  await orders.sql(`update missed_events set asked_until = now() - interval '40 days', due_at = now()`)
  await expect.poll(read, patient).toMatchObject({
    status: 'CONFIRMED',
    payment: { refunds: [{ status: 'SUCCEEDED' }], disputes: [{ status: 'NEEDS_RESPONSE' }] },
  })
  await expect.poll(listedFrom, patient).toEqual([{ minutes: 0 }])
  const [kept] = await orders.sql<{ text: string }>(
    "select string_agg(webhook_events::text, ' ') as text from webhook_events",
  )
  expect(kept?.text).not.toContain('secret')
})
