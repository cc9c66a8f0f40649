import { get } from 'node:http'
import type Stripe from 'stripe'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createStripe, errorOf, startTestSimulator } from './simulator-under-test.ts'

let simulator: Awaited<ReturnType<typeof startTestSimulator>>
let stripe: Stripe

beforeAll(async () => {
  simulator = await startTestSimulator()
  stripe = createStripe(simulator.url, simulator.apiKey)
})
afterAll(() => simulator.stop())
beforeEach(() => simulator.setFaults())

const authorize = (payment_method = 'pm_card_visa', currency = 'eur') =>
  stripe.paymentIntents.create({
    amount: 1_000,
    currency,
    payment_method,
    capture_method: 'manual',
    confirm: true,
    return_url: 'http://shop.test/',
  })

const pay = async (payment_method?: string, currency?: string) => {
  const { id } = await authorize(payment_method, currency)
  await stripe.paymentIntents.capture(id)
  return id
}

/** Brings what is to come later; one more change that is to come wakes what waits for it. */
const passTime = async () => {
  await simulator.query('update later_changes set due_at = now()')
  await pay('pm_card_createDispute')
}

const statusOf = async (id: string) => {
  const { status, last_payment_error } = await stripe.paymentIntents.retrieve(id)
  return last_payment_error === null ? status : `${status}: ${last_payment_error.code}`
}

const toldOf = async (id: string) => {
  const { data } = await stripe.events.list({ limit: 100 })
  return data.flatMap(({ type, data: { object } }) => (JSON.stringify(object).includes(id) ? [type] : []))
}

const soon = 60_000

describe('a bank that answers later', () => {
  it.each([
    [false, 'requires_capture', 'payment_intent.amount_capturable_updated'],
    [true, 'requires_payment_method: card_declined', 'payment_intent.payment_failed'],
  ])('has a payment be processing until then (it refuses: %s)', async (fails, status, type) => {
    await simulator.setFaults({ operation: 'authorize', kind: 'processing', delayMs: soon, fails, times: 1 })
    const { id, status: first } = await authorize()
    expect(first).toBe('processing')
    expect(await errorOf(stripe.paymentIntents.cancel(id))).toMatchObject({ statusCode: 400 })
    await passTime()
    await expect.poll(() => statusOf(id)).toBe(status)
    expect(await toldOf(id)).toEqual([type, 'payment_intent.processing'])
  })

  it('has an approved payment be processing until then', async () => {
    await simulator.setFaults({ operation: 'approve', kind: 'processing', delayMs: soon, times: 1 })
    const { id, next_action } = await authorize('pm_card_threeDSecure2Required')
    await fetch(next_action?.redirect_to_url?.url ?? '', {
      method: 'POST',
      body: new URLSearchParams({ decision: 'approve' }),
      redirect: 'manual',
    })
    expect(await statusOf(id)).toBe('processing')
    await passTime()
    await expect.poll(() => statusOf(id)).toBe('requires_capture')
  })

  it.each([
    [false, 'succeeded'],
    [true, 'requires_payment_method: capture_charge_authorization_expired'],
  ])('has a capture be processing until then (it refuses: %s)', async (fails, status) => {
    await simulator.setFaults({ operation: 'capture', kind: 'processing', delayMs: soon, fails, times: 1 })
    const { id } = await authorize()
    expect((await stripe.paymentIntents.capture(id)).status).toBe('processing')
    await passTime()
    await expect.poll(() => statusOf(id)).toBe(status)
  })

  it('can take back what was captured', async () => {
    await simulator.setFaults({ operation: 'capture', kind: 'failsLater', delayMs: soon, times: 1 })
    const id = await pay()
    expect(await statusOf(id)).toBe('succeeded')
    await passTime()
    await expect.poll(() => statusOf(id)).toContain('capture_charge_authorization_expired')
    expect(await toldOf(id)).toContain('payment_intent.payment_failed')
    expect(await errorOf(stripe.refunds.create({ payment_intent: id }))).toMatchObject({ statusCode: 400 })
  })
})

describe('a refund', () => {
  it.each([
    ['pm_card_pendingRefund', 'pending', 'succeeded', ['refund.updated']],
    ['pm_card_refundFail', 'succeeded', 'failed', ['refund.updated', 'refund.failed']],
  ])('with %s is %s at first, and %s later', async (method, first, last, types) => {
    const payment_intent = await pay(method)
    const refund = await stripe.refunds.create({ payment_intent, amount: 400 })
    expect(refund.status).toBe(first)
    await passTime()
    const refunds = () => stripe.refunds.list({ payment_intent })
    await expect.poll(async () => (await refunds()).data[0]?.status).toBe(last)
    expect(await toldOf(refund.id)).toEqual(types)
  })

  it('that has failed leaves the money at the shop, which can be refunded again', async () => {
    const payment_intent = await pay()
    await simulator.setFaults({ operation: 'refund', kind: 'failsLater', delayMs: soon, times: 1 })
    await stripe.refunds.create({ payment_intent })
    await passTime()
    const left = async () => {
      const { latest_charge } = await stripe.paymentIntents.retrieve(payment_intent, {
        expand: ['latest_charge'],
      })
      return latest_charge
    }
    await expect.poll(left).toMatchObject({ amount_refunded: 0, refunded: false })
    expect(await stripe.refunds.create({ payment_intent })).toMatchObject({ amount: 1_000 })
  })
})

describe('a dispute', () => {
  it.each([
    ['pm_card_createDispute', 'needs_response', 'fraudulent'],
    ['pm_card_createDisputeProductNotReceived', 'needs_response', 'product_not_received'],
    ['pm_card_createDisputeInquiry', 'warning_needs_response', 'fraudulent'],
  ])('comes after a payment with %s, in %s', async (method, status, reason) => {
    const payment_intent = await pay(method)
    expect((await stripe.disputes.list({ payment_intent })).data).toEqual([])
    await passTime()
    const disputes = async () => (await stripe.disputes.list({ payment_intent })).data
    await expect.poll(disputes).toMatchObject([{ status, reason, amount: 1_000, payment_intent }])
    const [dispute] = await disputes()
    expect(await stripe.disputes.retrieve(dispute?.id ?? '')).toMatchObject({ status, reason })
    expect(await toldOf(dispute?.id ?? 'none')).toEqual(['charge.dispute.created'])
    const refund = stripe.refunds.create({ payment_intent })
    if (dispute?.is_charge_refundable) await refund
    else expect(await errorOf(refund)).toMatchObject({ code: 'charge_disputed' })
  })
})

describe("the provider's console", () => {
  const act = (path: string, fields: Record<string, string>, headers: Record<string, string> = fromHere) =>
    fetch(`${simulator.url}${path}`, {
      method: 'POST',
      body: new URLSearchParams(fields),
      headers,
      redirect: 'manual',
    })
  const fromHere = { 'sec-fetch-site': 'same-origin' }
  const pathOf = (id: string) => `/simulator/payments/${id}`
  const read = async (path: string) => (await fetch(`${simulator.url}${path}`)).text()

  it('refunds a part of a payment, in its currency', async () => {
    const id = await pay('pm_card_visa', 'kwd')
    expect(await read('/simulator')).toContain(pathOf(id))
    const refund = await act(pathOf(id), { action: 'refund', amount: '0.250' })
    expect([refund.status, refund.headers.get('location')]).toEqual([303, pathOf(id)])
    const { data } = await stripe.refunds.list({ payment_intent: id })
    expect(data).toMatchObject([{ amount: 250, status: 'succeeded' }])
    expect(await toldOf(id)).toContain('charge.refunded')
    expect((await act(pathOf(id), { action: 'refund', amount: '' })).status).toBe(303)
    expect(await read(pathOf(id))).toContain('KWD\u00a00.750')
  })

  it('lists the payments of an order alone', async () => {
    const [first, second] = await Promise.all(
      ['order 1', 'order <2>'].map(order_id =>
        stripe.paymentIntents.create({
          amount: 1_000,
          currency: 'jpy',
          payment_method: 'pm_card_visa',
          capture_method: 'manual',
          confirm: true,
          metadata: { order_id },
        }),
      ),
    )
    const list = await read(`/simulator?order=${encodeURIComponent('order <2>')}`)
    expect(list).toContain(pathOf(second?.id ?? ''))
    expect(list).not.toContain(pathOf(first?.id ?? ''))
    expect(list).toContain('¥1,000')
    expect(list).not.toContain('<2>')
  })

  it('says why it refuses to refund', async () => {
    const id = await pay()
    for (const amount of ['10.01', '-1', '0', 'all', '1.001']) {
      const refused = await act(pathOf(id), { action: 'refund', amount })
      expect([refused.status, await refused.text()]).toEqual([400, expect.stringContaining('role="alert"')])
    }
    expect((await stripe.refunds.list({ payment_intent: id })).data).toEqual([])
  })

  it('opens a dispute, answers it, and closes it once', async () => {
    const id = await pay()
    await act(pathOf(id), { action: 'dispute' })
    expect((await act(pathOf(id), { action: 'dispute' })).status).toBe(400)
    const [{ id: dispute } = { id: '' }] = (await stripe.disputes.list({ payment_intent: id })).data
    await act(pathOf(id), { action: 'answer', dispute })
    expect(await stripe.disputes.retrieve(dispute)).toMatchObject({ status: 'under_review' })
    await act(pathOf(id), { action: 'lose', dispute })
    expect((await act(pathOf(id), { action: 'win', dispute })).status).toBe(400)
    expect(await stripe.disputes.retrieve(dispute)).toMatchObject({ status: 'lost' })
    expect(await toldOf(dispute)).toEqual([
      'charge.dispute.closed',
      'charge.dispute.updated',
      'charge.dispute.created',
    ])
    const other = await pay()
    expect((await act(pathOf(other), { action: 'win', dispute })).status).toBe(400)
    expect((await act(pathOf('pi_none'), { action: 'dispute' })).status).toBe(404)
  })

  const basic = () => `Basic ${Buffer.from(`${simulator.apiKey}:`).toString('base64')}`

  it.each([
    ['a page of another site', () => ({ 'sec-fetch-site': 'cross-site' }), 403],
    ['a page of another port', () => ({ 'sec-fetch-site': 'same-site' }), 403],
    ['a program without the key', () => ({}), 403],
    ['a browser of another site that sends no Sec-Fetch-Site', () => ({ origin: 'http://evil.test' }), 403],
    ['a form in a sandbox', () => ({ origin: 'null' }), 403],
    ['a proxy on this machine', () => ({ ...fromHere, 'x-forwarded-for': '203.0.113.7' }), 401],
    [
      'a program with another key',
      () => ({ ...fromHere, 'x-forwarded-for': '::1', authorization: 'Bearer sk' }),
      401,
    ],
    [
      'another site, through a browser that is signed in',
      () => ({ authorization: basic(), origin: 'http://evil.test' }),
      403,
    ],
    ['the console itself, where there is no Sec-Fetch-Site', () => ({ origin: simulator.url }), 303],
    ['a program with the key', () => ({ authorization: `Bearer ${simulator.apiKey}` }), 303],
    [
      'a browser elsewhere that is signed in',
      () => ({ ...fromHere, 'x-forwarded-for': '203.0.113.7', authorization: basic() }),
      303,
    ],
  ])('takes a refund of %s with the answer it deserves', async (_, headers, status) => {
    const id = await pay()
    const refund = await act(pathOf(id), { action: 'refund', amount: '1' }, headers())
    expect(refund.status).toBe(status)
    expect((await stripe.refunds.list({ payment_intent: id })).data).toHaveLength(status === 303 ? 1 : 0)
  })

  it('shows nothing to a browser that another site has led here by a name of its own', async () => {
    const { port } = new URL(simulator.url)
    const status = await new Promise<number | undefined>((resolve, reject) => {
      const headers = { host: `rebound.test:${port}` }
      get(`${simulator.url}/simulator`, { headers }, response => {
        response.resume()
        resolve(response.statusCode)
      }).on('error', reject)
    })
    expect(status).toBe(401)
  })

  it('asks whoever does not come from this machine for the key', async () => {
    const foreign = await fetch(`${simulator.url}/simulator`, { headers: { 'x-forwarded-for': '1.1.1.1' } })
    expect([foreign.status, foreign.headers.get('www-authenticate')]).toEqual([
      401,
      expect.stringContaining('Basic'),
    ])
  })
})
