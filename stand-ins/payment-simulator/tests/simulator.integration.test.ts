import { createHash } from 'node:crypto'
import { demoPayments } from '@supergraph/demo/demo-shop.ts'
import type Stripe from 'stripe'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createStripe, errorOf, startTestSimulator } from './simulator-under-test.ts'

let simulator: Awaited<ReturnType<typeof startTestSimulator>>
let stripe: Stripe
let numberOfKeys = 0

beforeAll(async () => {
  simulator = await startTestSimulator()
  stripe = createStripe(simulator.url, simulator.apiKey)
})
afterAll(() => simulator.stop())

const aKey = () => {
  numberOfKeys += 1
  return `key ${numberOfKeys}`
}

const payment = {
  amount: 1_000,
  currency: 'eur',
  payment_method: 'pm_card_visa',
  allowed_payment_method_types: ['card'],
  capture_method: 'manual',
  confirm: true,
} satisfies Stripe.PaymentIntentCreateParams

const authorize = (
  changed: Partial<Stripe.PaymentIntentCreateParams> = {},
  options: Stripe.RequestOptions = {},
) => stripe.paymentIntents.create({ ...payment, ...changed }, options)

describe('a payment', () => {
  it('is authorized, captured and refunded in parts, and never refunded beyond the capture', async () => {
    const { id, status, metadata, amount_capturable } = await authorize({ metadata: { order_id: 'o1' } })
    expect({ status, metadata, amount_capturable }).toEqual({
      status: 'requires_capture',
      metadata: { order_id: 'o1' },
      amount_capturable: 1_000,
    })
    expect(await stripe.paymentIntents.capture(id)).toMatchObject({
      status: 'succeeded',
      amount_received: 1_000,
    })
    await stripe.refunds.create({ payment_intent: id, amount: 300, metadata: { refund_id: 'r1' } })
    const tooMuch = await errorOf(stripe.refunds.create({ payment_intent: id, amount: 701 }))
    expect(tooMuch).toMatchObject({ statusCode: 400, code: 'amount_too_large' })
    expect(await stripe.refunds.create({ payment_intent: id })).toMatchObject({
      amount: 700,
      status: 'succeeded',
    })
    const again = await errorOf(stripe.refunds.create({ payment_intent: id }))
    expect(again).toMatchObject({ statusCode: 400, code: 'charge_already_refunded' })

    const { data } = await stripe.refunds.list({ payment_intent: id, limit: 100 })
    expect(data.map(({ amount, metadata }) => [amount, metadata?.refund_id])).toEqual([
      [700, undefined],
      [300, 'r1'],
    ])
    const { latest_charge } = await stripe.paymentIntents.retrieve(id, { expand: ['latest_charge'] })
    expect(latest_charge).toMatchObject({ amount_captured: 1_000, amount_refunded: 1_000, refunded: true })
  })

  it('can be voided before it is captured, and neither captured nor refunded then', async () => {
    const { id } = await authorize()
    expect(await stripe.paymentIntents.cancel(id)).toMatchObject({ status: 'canceled' })
    const unexpected = { statusCode: 400, code: 'payment_intent_unexpected_state' }
    expect(await errorOf(stripe.paymentIntents.capture(id))).toMatchObject(unexpected)
    expect(await errorOf(stripe.paymentIntents.cancel(id))).toMatchObject(unexpected)
    expect(await errorOf(stripe.refunds.create({ payment_intent: id }))).toMatchObject({ statusCode: 400 })
  })

  it('is found by its order', async () => {
    const { id } = await authorize({ metadata: { order_id: 'found' } })
    const { data } = await stripe.paymentIntents.search({ query: 'metadata["order_id"]:"found"' })
    expect(data.map(found => found.id)).toEqual([id])
  })

  it.each([
    ['pm_card_visa_chargeDeclined', 'card_declined', 'generic_decline'],
    ['pm_card_chargeDeclined', 'card_declined', 'generic_decline'],
    ['pm_card_visa_chargeDeclinedInsufficientFunds', 'card_declined', 'insufficient_funds'],
    ['pm_card_visa_chargeDeclinedLostCard', 'card_declined', 'lost_card'],
    ['pm_card_visa_chargeDeclinedStolenCard', 'card_declined', 'stolen_card'],
    ['pm_card_chargeDeclinedExpiredCard', 'expired_card', undefined],
    ['pm_card_chargeDeclinedIncorrectCvc', 'incorrect_cvc', undefined],
    ['pm_card_chargeDeclinedProcessingError', 'processing_error', undefined],
  ])('with %s is declined, and stays declined', async (method, code, declineCode) => {
    const error = await errorOf(authorize({ payment_method: method }))
    expect(error).toMatchObject({ type: 'StripeCardError', statusCode: 402, code })
    // n.b. the SDK makes '' of a missing decline code
    expect(error.decline_code || undefined).toBe(declineCode)
    const { status, last_payment_error } = await stripe.paymentIntents.retrieve(
      error.payment_intent?.id ?? '',
    )
    expect(status).toBe('requires_payment_method')
    expect(last_payment_error?.code).toBe(code)
  })

  it('is either captured or voided when both are asked for at once', async () => {
    for (const _ of Array.from({ length: 10 })) {
      const { id } = await authorize()
      const results = await Promise.allSettled([
        stripe.paymentIntents.capture(id),
        stripe.paymentIntents.cancel(id),
      ])
      const won = results.flatMap(result => (result.status === 'fulfilled' ? [result.value.status] : []))
      expect(won).toHaveLength(1)
      expect((await stripe.paymentIntents.retrieve(id)).status).toBe(won[0])
    }
  })

  it('is never refunded beyond its amount by simultaneous refunds', async () => {
    const { id } = await authorize()
    await stripe.paymentIntents.capture(id)
    const results = await Promise.allSettled(
      Array.from({ length: 8 }, () => stripe.refunds.create({ payment_intent: id, amount: 300 })),
    )
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(3)
  })
})

describe('a request that Stripe would refuse', () => {
  it.each<readonly [string, () => Promise<unknown>, object]>([
    [
      'an unknown payment method',
      () => authorize({ payment_method: `pm_'";--<>&=[]%00 ü` }),
      { statusCode: 400, code: 'resource_missing', param: 'payment_method' },
    ],
    [
      'a NUL character',
      () => authorize({ payment_method: 'pm_\0' }),
      { statusCode: 400, type: 'StripeInvalidRequestError' },
    ],
    ['too small an amount', () => authorize({ amount: 49 }), { statusCode: 400, code: 'amount_too_small' }],
    [
      'too large an amount',
      () => authorize({ amount: 100_000_000 }),
      { statusCode: 400, code: 'amount_too_large' },
    ],
    [
      'too small an amount in pounds',
      () => authorize({ amount: 29, currency: 'gbp' }),
      { code: 'amount_too_small' },
    ],
    [
      'too small an amount in forints',
      () => authorize({ amount: 17_499, currency: 'huf' }),
      { code: 'amount_too_small' },
    ],
    [
      'too large an amount in rupiah',
      () => authorize({ amount: 1_000_000_000_000, currency: 'idr' }),
      { statusCode: 400, code: 'amount_too_large' },
    ],
    ['a fraction of a króna', () => authorize({ amount: 150, currency: 'isk' }), { param: 'amount' }],
    ['a third decimal', () => authorize({ amount: 1_255, currency: 'kwd' }), { param: 'amount' }],
    ['a currency that Stripe does not take', () => authorize({ currency: 'lyd' }), { param: 'currency' }],
    [
      'a parameter that Stripe has removed',
      () => stripe.rawRequest('POST', '/v1/payment_intents', { ...payment, payment_method_types: ['card'] }),
      { statusCode: 400, code: 'payment_method_types_no_longer_supported' },
    ],
    [
      'an unknown parameter',
      () => authorize({ description: 'a pen' }),
      { statusCode: 400, code: 'parameter_unknown', param: 'description' },
    ],
    [
      'an unknown payment',
      () => stripe.paymentIntents.capture('pi_none'),
      { statusCode: 404, code: 'resource_missing' },
    ],
    [
      'a refund of an unknown payment',
      () => stripe.refunds.create({ payment_intent: 'pi_none' }),
      { statusCode: 400, code: 'resource_missing' },
    ],
    ['an unknown path', () => stripe.customers.list(), { statusCode: 404 }],
    [
      'another key',
      () => createStripe(simulator.url, 'sk_test_other').paymentIntents.retrieve('pi_1'),
      { statusCode: 401, type: 'StripeAuthenticationError' },
    ],
  ])('is refused with its error: %s', async (_, send, error) => {
    expect(await errorOf(send())).toMatchObject(error)
  })
})

/** Begins a transaction with a statement, whose locks are held until the end. */
const hold = async (sql: string, values: unknown[] = []) => {
  const session = await simulator.pool.connect()
  await session.query('begin')
  await session.query(sql, values)
  return {
    query: (next: string, nextValues: unknown[]) => session.query(next, nextValues),
    end: async (how: 'commit' | 'rollback') => {
      await session.query(how)
      session.release()
    },
  }
}

describe('an idempotency key', () => {
  it('gets the same answer again, and is refused for another request', async () => {
    const idempotencyKey = aKey()
    const first = await authorize({}, { idempotencyKey })
    const second = await authorize({}, { idempotencyKey })
    expect(second).toEqual(first)
    expect(second.lastResponse.headers).toMatchObject({ 'idempotent-replayed': 'true' })
    expect(first.lastResponse.headers).not.toHaveProperty('idempotent-replayed')
    expect(await errorOf(authorize({ amount: 1_001 }, { idempotencyKey }))).toMatchObject({
      type: 'StripeIdempotencyError',
      statusCode: 400,
    })
  })

  it('replays a decline', async () => {
    const idempotencyKey = aKey()
    const decline = () =>
      errorOf(authorize({ payment_method: 'pm_card_visa_chargeDeclined' }, { idempotencyKey }))
    const first = await decline()
    expect(first.payment_intent?.id).toMatch(/^pi_/)
    expect((await decline()).payment_intent?.id).toBe(first.payment_intent?.id)
  })

  it('makes one payment from fifty requests at once', async () => {
    const idempotencyKey = aKey()
    const request = () => authorize({ metadata: { order_id: 'fifty' } }, { idempotencyKey })
    const results = await Promise.allSettled(Array.from({ length: 50 }, request))
    const ids = new Set(results.flatMap(result => (result.status === 'fulfilled' ? [result.value.id] : [])))
    expect(ids.size).toBe(1)
    for (const result of results) {
      if (result.status === 'rejected') expect(result.reason).toMatchObject({ statusCode: 409 })
    }
    expect([...ids]).toEqual([(await request()).id])
    expect(await simulator.query(`select id from payment_intents where order_id = 'fifty'`)).toHaveLength(1)
  })

  it('is in use while its first request is carried out', async () => {
    const { id } = await authorize()
    const idempotencyKey = aKey()
    const holder = await hold('select 1 from payment_intents where id = $1 for update', [id])
    const first = stripe.paymentIntents.capture(id, {}, { idempotencyKey })
    await expect.poll(() => waitingBackends()).toHaveLength(1)
    expect(await errorOf(stripe.paymentIntents.capture(id, {}, { idempotencyKey }))).toMatchObject({
      statusCode: 409,
      code: 'idempotency_key_in_use',
    })
    await holder.end('rollback')
    expect((await first).status).toBe('succeeded')
    expect((await stripe.paymentIntents.capture(id, {}, { idempotencyKey })).status).toBe('succeeded')
  })

  it('replays the answer of a request that ends between the look for it and the end of the next one', async () => {
    const [firstKey, idempotencyKey] = [aKey(), aKey()]
    const first = await authorize({ metadata: { order_id: 'overtaken' } }, { idempotencyKey: firstKey })
    const holder = await hold(
      `insert into idempotency_keys (key, request_hash, status, body)
       select $2, request_hash, status, body from idempotency_keys where key = $1`,
      [firstKey, idempotencyKey],
    )
    const second = authorize({ metadata: { order_id: 'overtaken' } }, { idempotencyKey })
    await expect.poll(() => waitingBackends()).toHaveLength(1)
    await holder.end('commit')
    expect((await second).lastResponse.headers).toMatchObject({ 'idempotent-replayed': 'true' })
    expect((await second).id).toBe(first.id)
    expect(await payments('overtaken')).toHaveLength(1)
  })

  it('replays a capture that ends between the look for its answer and the lock of its payment', async () => {
    const { id } = await authorize()
    const idempotencyKey = aKey()
    const holder = await hold('select 1 from payment_intents where id = $1 for update', [id])
    const captured = stripe.paymentIntents.capture(id, {}, { idempotencyKey })
    await expect.poll(() => waitingBackends()).toHaveLength(1)
    await holder.query(
      `update payment_intents set status = 'succeeded', amount_received = amount where id = $1`,
      [id],
    )
    const requestHash = createHash('sha256').update(`/v1/payment_intents/${id}/capture\n`).digest('base64url')
    await holder.query(
      'insert into idempotency_keys (key, request_hash, status, body) values ($1, $2, 200, $3)',
      [
        ...[idempotencyKey, requestHash],
        JSON.stringify({ id, object: 'payment_intent', status: 'succeeded' }),
      ],
    )
    await holder.end('commit')
    expect((await captured).lastResponse.headers).toMatchObject({ 'idempotent-replayed': 'true' })
    expect((await captured).status).toBe('succeeded')
  })

  it('is free again, with nothing charged, if the request was cut off half-way', async () => {
    const idempotencyKey = aKey()
    const request = () => authorize({ metadata: { order_id: 'cut off' } }, { idempotencyKey })
    // n.b. so a request waits when its payment and its key are written
    await simulator.query(
      `create function wait_for_holder() returns trigger language plpgsql as
       $$ begin perform pg_advisory_xact_lock(1); return null; end $$;
       create trigger wait_for_holder after insert on payment_intents
         for each row execute function wait_for_holder()`,
    )
    const holder = await hold('select pg_advisory_xact_lock(1)')
    const first = errorOf(request())
    await expect.poll(() => waitingBackends()).toHaveLength(1)
    await simulator.query('select pg_terminate_backend(pid) from pg_stat_activity where pid = any($1)', [
      (await waitingBackends()).map(({ pid }) => pid),
    ])
    expect(await first).toMatchObject({ statusCode: 500 })
    await holder.end('rollback')
    await simulator.query('drop function wait_for_holder cascade')
    expect(await payments('cut off')).toEqual([])
    await request()
    await request()
    expect(await payments('cut off')).toHaveLength(1)
  })
})

const payments = (orderId: string) =>
  simulator.query('select id from payment_intents where order_id = $1', [orderId])

const waitingBackends = () =>
  simulator.query<{ pid: number }>(
    `select pid from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
  )

describe('a simulator with demo data', () => {
  it('has the payments of the demo orders, which can be refunded', async () => {
    const demo = await startTestSimulator({ DEMO_DATA: 'true' })
    try {
      const stripe = createStripe(demo.url, demo.apiKey)
      for (const { paymentId, amountMinor, refundedMinor, orderId, state } of demoPayments) {
        const intent = await stripe.paymentIntents.retrieve(paymentId, { expand: ['latest_charge'] })
        expect(intent).toMatchObject({ amount: amountMinor, metadata: { order_id: orderId } })
        expect(intent.latest_charge).toMatchObject({ amount_refunded: refundedMinor })
        if (state === 'CAPTURED') {
          expect(await stripe.refunds.create({ payment_intent: paymentId })).toMatchObject({
            amount: amountMinor - refundedMinor,
          })
        }
      }
    } finally {
      await demo.stop()
    }
  })
})

describe('the fault switches', () => {
  const switches = (method: string, { key = simulator.apiKey, body }: { key?: string; body?: object } = {}) =>
    fetch(`${simulator.url}/simulator/faults`, {
      method,
      headers: { authorization: `Bearer ${key}` },
      body: body === undefined ? null : JSON.stringify(body),
    })
  const failures = { faults: [{ operation: 'capture', kind: 'error', probability: 1, times: 2 }], seed: 1 }

  it('are set, shown and cleared', async () => {
    expect((await switches('PUT', { body: failures })).status).toBe(200)
    const { id } = await authorize()
    expect(await errorOf(stripe.paymentIntents.capture(id))).toMatchObject({ statusCode: 500 })
    expect(await (await switches('GET')).json()).toEqual({
      faults: [{ operation: 'capture', kind: 'error', probability: 1, times: 2, struck: 1 }],
    })
    expect(await (await switches('DELETE')).json()).toEqual({ faults: [] })
    expect((await stripe.paymentIntents.capture(id)).status).toBe('succeeded')
  })

  it('are for holders of the key, and refuse what they do not know', async () => {
    expect((await switches('PUT', { key: 'sk_test_other', body: failures })).status).toBe(401)
    const wrong = await switches('PUT', { body: { faults: [{ operation: 'pay', kind: 'error' }] } })
    expect(wrong.status).toBe(400)
    expect(await wrong.text()).toContain('operation')
  })

  it('let the simulator stop at once while requests hang', async () => {
    const other = await startTestSimulator()
    await other.setFaults({ operation: 'retrieve', kind: 'hang' })
    const hanging = errorOf(createStripe(other.url, other.apiKey).paymentIntents.retrieve('pi_1'))
    const struck = async () => {
      const headers = { authorization: `Bearer ${other.apiKey}` }
      return (await fetch(`${other.url}/simulator/faults`, { headers })).json()
    }
    await expect.poll(struck).toMatchObject({ faults: [{ struck: 1 }] })
    const startedAtMs = performance.now()
    await other.stop()
    expect(performance.now() - startedAtMs).toBeLessThan(1_500)
    expect(await hanging).toMatchObject({ type: 'StripeConnectionError' })
  })
})

it('refuses a path that makes no URL', async () => {
  const headers = { authorization: `Bearer ${simulator.apiKey}` }
  expect((await fetch(`${simulator.url}//`, { headers })).status).toBe(404)
})

it('tells whether it can answer', async () => {
  const health = await fetch(`${simulator.url}/health`)
  expect([health.status, await health.json()]).toEqual([200, { status: 'ok' }])
})
