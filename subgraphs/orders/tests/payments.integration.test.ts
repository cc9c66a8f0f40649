import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { startTestSimulator } from '@supergraph/payment-simulator/tests/simulator-under-test.ts'
import { createLogger } from '@supergraph/runtime/logger.ts'
import { uuidv7 } from '@supergraph/runtime/uuid.ts'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { Payments } from '../payments/payments.ts'
import { createStripePayments } from '../payments/stripe-payments.ts'
import { CallNotMade, OutcomeUnknown } from '../remote-calls.ts'

let simulator: Awaited<ReturnType<typeof startTestSimulator>>
const cleanUps: (() => Promise<unknown>)[] = []

beforeAll(async () => {
  simulator = await startTestSimulator()
})
afterEach(() => simulator.setFaults())
afterAll(async () => {
  for (const cleanUp of cleanUps.reverse()) await cleanUp()
  await simulator.stop()
})

/** n.b. each test has its own, since failures open the breaker for those that follow. */
const createTestPayments = (
  apiUrl = simulator.url,
  apiKey = simulator.apiKey,
  shopUrl = 'https://shop.example/',
): Payments => {
  const payments = createStripePayments({
    apiUrl,
    apiKey,
    shopUrl,
    logger: createLogger('orders', 'silent'),
  })
  cleanUps.push(payments.stop)
  return payments
}

const order = (method = 'pm_card_visa', amount = { amountMinor: 2_500, currency: 'EUR' }) => ({
  orderId: uuidv7(),
  amount,
  total: amount,
  method,
  placedAt: new Date(),
})

const authorized = async (payments: Payments, payment = order()) => {
  const authorization = await payments.authorize(payment)
  if (authorization.kind !== 'authorized') throw new Error(JSON.stringify(authorization))
  return { ...payment, paymentId: authorization.paymentId }
}

const captured = async (payments: Payments) => {
  const payment = await authorized(payments)
  expect(await payments.capture(payment)).toBe('captured')
  return payment
}

/** What the provider's books say of an order. */
const booked = (orderId: string) =>
  simulator.query<{ status: string; received: number; refunded: number }>(
    `select status, amount_received::float8 as received, amount_refunded::float8 as refunded
     from payment_intents where order_id = $1`,
    [orderId],
  )

const held = [{ status: 'requires_capture', received: 0, refunded: 0 }]
const charged = [{ status: 'succeeded', received: 2_500, refunded: 0 }]
const void_ = [{ status: 'canceled', received: 0, refunded: 0 }]
const returned = [{ status: 'succeeded', received: 2_500, refunded: 2_500 }]

describe('authorizing', () => {
  it('holds the amount, once, however often it is asked for', async () => {
    const payments = createTestPayments()
    const payment = order()
    const first = await payments.authorize(payment)
    expect(first).toEqual({ kind: 'authorized', paymentId: expect.stringMatching(/^pi_/) })
    expect(await payments.authorize(payment)).toEqual(first)
    expect(await booked(payment.orderId)).toEqual(held)
  })

  it.each([
    ['pm_card_visa_chargeDeclinedInsufficientFunds', 'insufficient_funds'],
    ['pm_card_visa_chargeDeclined', 'generic_decline'],
    ['pm_card_chargeDeclinedExpiredCard', 'expired_card'],
    ['pm_unknown', 'resource_missing'],
    [`pm_'";--&amount=1&confirm=false\r\nx: y <>[]%00 ü`, 'resource_missing'],
  ])('with %j is declined: %s', async (method, reason) => {
    const payments = createTestPayments()
    expect(await payments.authorize(order(method))).toMatchObject({ kind: 'declined', reason })
    expect(payments.isAvailable()).toBe(true)
  })

  it('declines what the provider does not take', async () => {
    const payment = { ...order(), amount: { amountMinor: 1, currency: 'EUR' } }
    expect(await createTestPayments().authorize(payment)).toEqual({
      kind: 'declined',
      reason: 'amount_too_small',
      paymentId: null,
    })
  })

  it('charges once when fifty replicas ask at once', async () => {
    const payment = order()
    const replicas = Array.from({ length: 50 }, () => createTestPayments())
    const results = await Promise.allSettled(replicas.map(payments => payments.authorize(payment)))
    for (const result of results) {
      if (result.status === 'rejected') expect(result.reason).toBeInstanceOf(OutcomeUnknown)
    }
    expect(await createTestPayments().authorize(payment)).toMatchObject({ kind: 'authorized' })
    expect(await booked(payment.orderId)).toEqual(held)
  })

  it.each([
    'lostAnswer',
    'error',
    'hang',
    'slow',
  ] as const)('of an unknown outcome (%s) is asked for again and made once', async kind => {
    const payments = createTestPayments()
    const payment = order()
    await simulator.setFaults({ operation: 'authorize', kind, times: 1 })
    await expect(payments.authorize(payment)).rejects.toBeInstanceOf(OutcomeUnknown)
    expect(await payments.authorize(payment)).toMatchObject({ kind: 'authorized' })
    await expect.poll(() => booked(payment.orderId)).toEqual(held)
  })

  it('refuses a key that is used for another amount', async () => {
    const payments = createTestPayments()
    const payment = order()
    await payments.authorize(payment)
    const other = payments.authorize({ ...payment, amount: { amountMinor: 9_900, currency: 'EUR' } })
    await expect(other).rejects.toThrow('One key was used for two different requests')
  })
})

describe('an amount in a currency that the provider counts otherwise', () => {
  it.each([
    ['HUF', 125_000, 25_000, 125_000, 25_000],
    ['JPY', 1_500, 300, 1_500, 300],
    ['KWD', 1_250, 250, 1_250, 250],
    ['IDR', 2_500_000_000, 500_000_000, 2_500_000_000, 500_000_000],
    ['ISK', 1_500, 301, 150_000, 30_100],
    ['UGX', 3_700, 1, 370_000, 100],
    ['MGA', 450_000, 100, 4_500, 1],
  ])('%s is charged, refunded in part and given back in full', async (currency, total, part, units, partUnits) => {
    const payments = createTestPayments()
    const payment = order(undefined, { amountMinor: total, currency })
    expect(payments.whyUnpayable(payment.amount)).toBeUndefined()
    const { paymentId } = await authorized(payments, payment)
    expect(await payments.capture({ ...payment, paymentId })).toBe('captured')
    expect(await booked(payment.orderId)).toEqual([{ status: 'succeeded', received: units, refunded: 0 }])
    const amount = { amountMinor: part, currency }
    expect(payments.whyUnrefundable(amount)).toBeUndefined()
    const refund = { ...payment, refundId: uuidv7(), paymentId, amount }
    expect(await payments.refund(refund)).toEqual({ kind: 'refunded' })
    expect(await booked(payment.orderId)).toMatchObject([{ refunded: partUnits }])
    expect(await payments.giveBack({ ...payment, paymentId, refundedMinor: part })).toMatchObject({
      kind: 'refunded',
    })
    expect(await booked(payment.orderId)).toMatchObject([{ refunded: units }])
  })

  it('that an earlier release asked for without the hundredths, and got no answer, is given back', async () => {
    const payments = createTestPayments()
    const payment = order(undefined, { amountMinor: 1_500, currency: 'ISK' })
    const { orderId } = payment
    const asked = await fetch(`${simulator.url}/v1/payment_intents`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${simulator.apiKey}`,
        'idempotency-key': `order:${orderId}:authorize`,
      },
      body: new URLSearchParams({
        ...{ amount: '1500', currency: 'isk', payment_method: 'pm_card_visa' },
        ...{ capture_method: 'manual', confirm: 'true', 'metadata[order_id]': orderId },
      }),
    })
    expect(asked.status).toBe(200)
    await expect(payments.authorize(payment)).rejects.toThrow('One key was used for two different requests')
    expect(await payments.giveBack({ ...payment, paymentId: null, refundedMinor: 0 })).toMatchObject({
      kind: 'voided',
    })
    expect(await booked(orderId)).toEqual(void_)
  })

  it('is refunded as it was charged by an earlier release, without the hundredths', async () => {
    const payments = createTestPayments()
    const payment = order(undefined, { amountMinor: 1_500, currency: 'ISK' })
    const { paymentId } = await authorized(payments, {
      ...payment,
      amount: { amountMinor: 15, currency: 'ISK' },
    })
    expect(await payments.capture({ ...payment, paymentId })).toBe('captured')
    const amount = { amountMinor: 700, currency: 'ISK' }
    const refund = { ...payment, refundId: uuidv7(), paymentId, amount }
    expect(await payments.refund(refund)).toEqual({ kind: 'refunded' })
    expect(await booked(payment.orderId)).toEqual([{ status: 'succeeded', received: 1_500, refunded: 700 }])
  })
})

describe('capturing', () => {
  it('charges once, however often it is asked for', async () => {
    const payments = createTestPayments()
    const payment = await authorized(payments)
    expect(await payments.capture(payment)).toBe('captured')
    expect(await payments.capture(payment)).toBe('captured')
    expect(await booked(payment.orderId)).toEqual(charged)
  })

  it('finds that the authorization has lapsed', async () => {
    const payments = createTestPayments()
    const payment = await authorized(payments)
    await payments.giveBack({ ...payment, refundedMinor: 0 })
    expect(await payments.capture(payment)).toBe('lapsed')
    expect(await booked(payment.orderId)).toEqual(void_)
  })

  it('of an unknown outcome is asked for again and charges once', async () => {
    const payments = createTestPayments()
    const payment = await authorized(payments)
    await simulator.setFaults({ operation: 'capture', kind: 'lostAnswer', times: 1 })
    await expect(payments.capture(payment)).rejects.toBeInstanceOf(OutcomeUnknown)
    expect(await payments.capture(payment)).toBe('captured')
    expect(await booked(payment.orderId)).toEqual(charged)
  })

  it('and giving back at once leave nothing charged', async () => {
    const payments = createTestPayments()
    for (const _ of Array.from({ length: 10 })) {
      const payment = await authorized(payments)
      const [capture, giveBack] = await Promise.all([
        payments.capture(payment),
        payments.giveBack({ ...payment, refundedMinor: 0 }),
      ])
      expect(giveBack.kind).toBe(capture === 'captured' ? 'refunded' : 'voided')
      expect(await booked(payment.orderId)).toEqual(capture === 'captured' ? returned : void_)
    }
  })
})

describe('giving back', () => {
  it('voids what is held, once', async () => {
    const payments = createTestPayments()
    const payment = await authorized(payments)
    for (const _ of ['first', 'again']) {
      expect(await payments.giveBack({ ...payment, refundedMinor: 0 })).toMatchObject({ kind: 'voided' })
    }
    expect(await booked(payment.orderId)).toEqual(void_)
  })

  it('voids a payment whose answer never came', async () => {
    const payments = createTestPayments()
    const payment = order()
    await simulator.setFaults({ operation: 'authorize', kind: 'lostAnswer', times: 1 })
    await expect(payments.authorize(payment)).rejects.toBeInstanceOf(OutcomeUnknown)
    expect(await payments.giveBack({ ...payment, paymentId: null, refundedMinor: 0 })).toEqual({
      kind: 'voided',
      paymentId: expect.stringMatching(/^pi_/),
    })
    expect(await booked(payment.orderId)).toEqual(void_)
  })

  it('voids such a payment even if the provider has forgotten its key', async () => {
    const payments = createTestPayments()
    const payment = order()
    await simulator.setFaults({ operation: 'authorize', kind: 'lostAnswer', times: 1 })
    await expect(payments.authorize(payment)).rejects.toBeInstanceOf(OutcomeUnknown)
    await simulator.query('delete from idempotency_keys where key = $1', [
      `order:${payment.orderId}:authorize`,
    ])
    expect(await payments.giveBack({ ...payment, paymentId: null, refundedMinor: 0 })).toMatchObject({
      kind: 'voided',
    })
    expect(await booked(payment.orderId)).toEqual(void_)
  })

  it('has nothing to return if the payment was declined', async () => {
    const payment = order('pm_card_visa_chargeDeclined')
    const outcome = await createTestPayments().giveBack({ ...payment, paymentId: null, refundedMinor: 0 })
    expect(outcome.kind).toBe('voided')
  })

  it('counts a payment as void whose failure the provider keeps, once it could be found and is not', async () => {
    const payments = createTestPayments()
    const payment = { ...order(), paymentId: null, refundedMinor: 0 }
    await simulator.setFaults({ operation: 'authorize', kind: 'keptError', times: 1 })
    await expect(payments.authorize(payment)).rejects.toBeInstanceOf(OutcomeUnknown)
    await expect(payments.giveBack(payment)).rejects.toBeInstanceOf(OutcomeUnknown)
    const placedAt = new Date(Date.now() - 46 * 60_000)
    expect(await payments.giveBack({ ...payment, placedAt })).toMatchObject({ kind: 'voided' })
    expect(await booked(payment.orderId)).toEqual([])
  })

  it('finds a payment that was made under the same key with other settings, and counts none as void that is not found', async () => {
    const payments = createTestPayments()
    const moved = createTestPayments(simulator.url, simulator.apiKey, 'https://moved.example/')
    const payment = { ...(await authorized(payments)), refundedMinor: 0 }
    const { paymentId } = payment
    expect(await moved.authorize(payment)).toEqual({ kind: 'authorized', paymentId })
    expect(await moved.giveBack({ ...payment, paymentId: null })).toEqual({ kind: 'voided', paymentId })

    const failed = { ...order(), paymentId: null, refundedMinor: 0 }
    await simulator.setFaults({ operation: 'authorize', kind: 'keptError', times: 1 })
    await expect(payments.authorize(failed)).rejects.toBeInstanceOf(OutcomeUnknown)
    await expect(moved.giveBack(failed)).rejects.toThrow('One key was used for two different requests')
    const placedAt = new Date(Date.now() - 46 * 60_000)
    expect(await moved.giveBack({ ...failed, placedAt })).toEqual({ kind: 'voided', paymentId: null })
  })

  it('guesses nothing of a failure that is not kept, however old the order is', async () => {
    const payments = createTestPayments()
    const placedAt = new Date(Date.now() - 46 * 60_000)
    await simulator.setFaults({ operation: 'authorize', kind: 'error', times: 1 })
    const returning = payments.giveBack({ ...order(), paymentId: null, refundedMinor: 0, placedAt })
    await expect(returning).rejects.toBeInstanceOf(OutcomeUnknown)
  })

  it('refunds what earlier refunds have left, once', async () => {
    const payments = createTestPayments()
    const payment = await captured(payments)
    const part = { ...payment, refundId: uuidv7(), amount: { amountMinor: 700, currency: 'EUR' } }
    expect(await payments.refund(part)).toEqual({ kind: 'refunded' })
    for (const _ of ['first', 'again']) {
      expect(await payments.giveBack({ ...payment, refundedMinor: 700 })).toMatchObject({ kind: 'refunded' })
    }
    expect(await booked(payment.orderId)).toEqual(returned)
    const refunds = await simulator.query(
      'select amount::int, refund_id from refunds where order_id = $1 order by created_at',
      [payment.orderId],
    )
    expect(refunds).toEqual([
      { amount: 700, refund_id: part.refundId },
      { amount: 1_800, refund_id: null },
    ])
  })

  it('refunds once when the answer is lost', async () => {
    const payments = createTestPayments()
    const payment = await captured(payments)
    await simulator.setFaults({ operation: 'refund', kind: 'lostAnswer', times: 1 })
    const lost = payments.giveBack({ ...payment, refundedMinor: 0 })
    await expect(lost).rejects.toBeInstanceOf(OutcomeUnknown)
    expect(await payments.giveBack({ ...payment, refundedMinor: 0 })).toMatchObject({ kind: 'refunded' })
    expect(await booked(payment.orderId)).toEqual(returned)
  })
})

describe('refunding', () => {
  it('returns a part once, however often it is asked for', async () => {
    const payments = createTestPayments()
    const payment = await captured(payments)
    const refund = { ...payment, refundId: uuidv7(), amount: { amountMinor: 500, currency: 'EUR' } }
    await simulator.setFaults({ operation: 'refund', kind: 'lostAnswer', times: 1 })
    await expect(payments.refund(refund)).rejects.toBeInstanceOf(OutcomeUnknown)
    expect(await payments.refund(refund)).toEqual({ kind: 'refunded' })
    expect(await payments.refund(refund)).toEqual({ kind: 'refunded' })
    expect(await booked(payment.orderId)).toEqual([{ ...charged[0], refunded: 500 }])
  })

  it('knows a refund again whose key the provider has forgotten', async () => {
    const payments = createTestPayments()
    const payment = await captured(payments)
    const refund = { ...payment, refundId: uuidv7() }
    await payments.refund(refund)
    await simulator.query(`delete from idempotency_keys where key = $1`, [`refund:${refund.refundId}`])
    expect(await payments.refund(refund)).toEqual({ kind: 'refunded' })
    expect(await booked(payment.orderId)).toEqual(returned)
  })

  it('fails if more than the charge is asked for', async () => {
    const payments = createTestPayments()
    const payment = await captured(payments)
    const refund = { ...payment, refundId: uuidv7(), amount: { amountMinor: 2_501, currency: 'EUR' } }
    expect(await payments.refund(refund)).toEqual({ kind: 'failed', reason: 'amount_too_large' })
  })
})

describe('a provider that does not do its work', () => {
  /** A provider that answers each request in turn, the last one for all that follow; the same key, as it did the first time. */
  const startProvider = async (...answers: readonly { status: number; body: string }[]) => {
    const paths: string[] = []
    const kept = new Map<unknown, { status: number; body: string }>()
    const server = createServer((request, response) => {
      request.resume()
      const key = request.headers['idempotency-key']
      const { status, body } = kept.get(key) ??
        answers[Math.min(paths.length, answers.length - 1)] ?? { status: 500, body: '' }
      if (key !== undefined) kept.set(key, { status, body })
      paths.push(`${request.method} ${request.url?.split('?')[0]}`)
      response.writeHead(status, { 'content-type': 'application/json' }).end(body)
    })
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    cleanUps.push(async () => server.close())
    const { port }: Pick<AddressInfo, 'port'> = Object(server.address())
    return { url: `http://127.0.0.1:${port}`, paths }
  }

  const failure = (status: number, error: object) => ({ status, body: JSON.stringify({ error }) })
  const serverError = failure(500, { type: 'api_error', message: 'oops' })

  it.each<
    readonly [string, { status: number; body: string }, typeof CallNotMade | typeof OutcomeUnknown, RegExp]
  >([
    [
      'an unknown key',
      failure(401, { type: 'invalid_request_error', message: 'no' }),
      CallNotMade,
      /STRIPE_API_KEY/,
    ],
    [
      'a key without the right',
      failure(403, { type: 'invalid_request_error', message: 'no' }),
      CallNotMade,
      /STRIPE_API_KEY/,
    ],
    [
      'too many requests',
      failure(429, { type: 'invalid_request_error', code: 'rate_limit' }),
      CallNotMade,
      /no more requests/,
    ],
    [
      'a locked object',
      failure(429, { type: 'invalid_request_error', code: 'lock_timeout' }),
      CallNotMade,
      /no more requests/,
    ],
    [
      'a key in use',
      failure(409, { type: 'idempotency_error', code: 'idempotency_key_in_use' }),
      OutcomeUnknown,
      /no usable answer/,
    ],
    ['a server error', serverError, OutcomeUnknown, /oops/],
    ['an error page', { status: 502, body: '<html>Bad gateway</html>' }, OutcomeUnknown, /Invalid JSON/],
    ['what is not Stripe', { status: 404, body: '{"status":"not found"}' }, OutcomeUnknown, /STRIPE_API_URL/],
    [
      'an unknown state',
      { status: 200, body: '{"id":"pi_1","object":"payment_intent","status":"new"}' },
      OutcomeUnknown,
      /is new/,
    ],
  ])('is told apart: %s', async (_, answer, kind, message) => {
    const provider = await startProvider(answer)
    const outcome = createTestPayments(provider.url).authorize(order())
    await expect(outcome).rejects.toBeInstanceOf(kind)
    await expect(outcome).rejects.toThrow(message)
  })

  it('counts as not asked if nothing listens, and is not asked again for a while', async () => {
    const provider = await startTestSimulator()
    const payments = createTestPayments(provider.url)
    await provider.stop()
    for (const _ of Array.from({ length: 5 })) {
      expect(payments.isAvailable()).toBe(true)
      await expect(payments.authorize(order())).rejects.toBeInstanceOf(CallNotMade)
    }
    expect(payments.isAvailable()).toBe(false)
    await expect(payments.authorize(order())).rejects.toThrow('Stripe was not asked')
    await expect.poll(() => payments.isAvailable(), { timeout: 60_000 }).toBe(true)
  })

  it('is never said to have done nothing when it was cut off in the middle of a request', async () => {
    const server = createServer((_, response) => {
      server.close()
      server.closeAllConnections()
      response.destroy()
    })
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    const { port }: Pick<AddressInfo, 'port'> = Object(server.address())
    const payments = createTestPayments(`http://127.0.0.1:${port}`)
    await expect(payments.authorize(order())).rejects.toBeInstanceOf(OutcomeUnknown)
  })

  const answer = (body: object) => ({ status: 200, body: JSON.stringify(body) })
  const charge = { object: 'payment_intent', amount: 2_500, currency: 'eur' }
  const intent = (status: string) => ({ ...charge, id: 'pi_1', status })
  const refund = { id: 're_1', object: 'refund', status: 'succeeded', metadata: { refund_id: 'r1' } }
  const payment = { ...order(), paymentId: 'pi_1', refundedMinor: 0, refundId: 'r1' }
  const voided = { kind: 'voided', paymentId: 'pi_1' } as const
  const calls: readonly (readonly [string, (payments: Payments) => Promise<unknown>, object, unknown])[] = [
    [
      'authorizing',
      payments => payments.authorize(payment),
      { object: 'search_result', data: [intent('canceled'), intent('requires_capture')] },
      { kind: 'authorized', paymentId: 'pi_1' },
    ],
    ['capturing', payments => payments.capture(payment), intent('succeeded'), 'captured'],
    ['giving back', payments => payments.giveBack(payment), intent('canceled'), voided],
    [
      'refunding',
      payments => payments.refund(payment),
      { object: 'list', data: [{ ...refund, status: 'failed', metadata: {} }, refund] },
      { kind: 'refunded' },
    ],
  ]

  it.each(
    calls,
  )('may answer with a server error what it has done, which is looked up: %s', async (...test) => {
    const [, call, found, outcome] = test
    const provider = await startProvider(serverError, answer(found))
    expect(await call(createTestPayments(provider.url))).toEqual(outcome)
    expect(provider.paths.map(path => path.split(' ')[0])).toEqual(['POST', 'GET'])
  })

  it.each(calls)('leaves the outcome unknown if it can not be looked up either: %s', async (_, call) => {
    const limited = failure(429, { type: 'invalid_request_error', code: 'rate_limit' })
    const provider = await startProvider(serverError, limited)
    await expect(call(createTestPayments(provider.url))).rejects.toBeInstanceOf(OutcomeUnknown)
    expect(provider.paths).toHaveLength(2)
  })

  it.each<
    readonly [
      string,
      (payments: Payments) => Promise<unknown>,
      'succeeded' | 'canceled',
      'captured' | typeof voided,
    ]
  >([
    ['capturing', payments => payments.capture(payment), 'succeeded', 'captured'],
    ['giving back', payments => payments.giveBack(payment), 'canceled', voided],
  ])('does the work when it is asked again after a server error: %s', async (_, call, status, outcome) => {
    const held = answer(intent('requires_capture'))
    const payments = createTestPayments(
      (await startProvider(serverError, held, answer(intent(status)), held)).url,
    )
    await expect(call(payments)).rejects.toBeInstanceOf(OutcomeUnknown)
    expect(await call(payments)).toEqual(outcome)
  })

  it('has refunded nothing if it calls the refund failed', async () => {
    const failed = { ...refund, status: 'failed', failure_reason: 'expired_or_canceled_card' }
    const provider = await startProvider(answer(failed))
    const outcome = await createTestPayments(provider.url).refund(payment)
    expect(outcome).toEqual({ kind: 'failed', reason: 'expired_or_canceled_card' })
  })
})
