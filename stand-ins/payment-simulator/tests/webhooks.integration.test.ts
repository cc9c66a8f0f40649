import { createServer, type IncomingHttpHeaders } from 'node:http'
import { readText } from '@supergraph/runtime/request-body.ts'
import Stripe from 'stripe'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createStripe, errorOf, startTestSimulator } from './simulator-under-test.ts'

type Delivery = { readonly headers: IncomingHttpHeaders; readonly body: string }

let simulator: Awaited<ReturnType<typeof startTestSimulator>>
let stripe: Stripe
let deliveries: Delivery[] = []
let statuses: number[] = []

const secrets = ['whsec_old', 'whsec_new']
const shop = createServer((request, response) => {
  readText(request, 1024 * 1024).then(body => {
    deliveries.push({ headers: request.headers, body })
    response.writeHead(statuses.shift() ?? 200).end()
  })
})

beforeAll(async () => {
  await new Promise<void>(resolve => shop.listen(0, '127.0.0.1', resolve))
  const address = shop.address()
  const port = typeof address === 'object' ? address?.port : undefined
  simulator = await startTestSimulator({
    WEBHOOK_URL: `http://127.0.0.1:${port}/webhooks/stripe`,
    WEBHOOK_SECRET: secrets.join(','),
  })
  stripe = createStripe(simulator.url, simulator.apiKey)
})
afterAll(async () => {
  await simulator.stop()
  shop.close()
})
beforeEach(async () => {
  await simulator.setFaults()
  await expect.poll(unsent).toBe(0)
  deliveries = []
  statuses = []
})

const unsent = async () => {
  const [found] = await simulator.query<{ count: number }>(
    'select count(*)::integer as count from events where next_attempt_at is not null',
  )
  return found?.count
}

const authorize = (payment_method = 'pm_card_visa') =>
  stripe.paymentIntents.create({
    amount: 1_000,
    currency: 'eur',
    payment_method,
    capture_method: 'manual',
    confirm: true,
    return_url: 'http://shop.test/',
  })

const eventOf = ({ body, headers }: Delivery, secret = secrets[0]) =>
  stripe.webhooks.constructEvent(body, String(headers['stripe-signature']), secret ?? '')

const typesOf = (id: string) =>
  deliveries.flatMap(delivery => {
    const event = eventOf(delivery)
    return JSON.stringify(event.data.object).includes(id.slice(3)) ? [event.type] : []
  })

describe('what happens to a payment', () => {
  it('is sent as the official SDK takes it, signed with every secret', async () => {
    const { id } = await authorize()
    await expect.poll(() => deliveries).toHaveLength(1)
    const [delivery] = deliveries
    if (delivery === undefined) throw new Error('nothing was sent')
    for (const secret of secrets) {
      expect(eventOf(delivery, secret)).toMatchObject({
        id: expect.stringMatching(/^evt_\w+$/),
        object: 'event',
        type: 'payment_intent.amount_capturable_updated',
        api_version: Stripe.API_VERSION,
        livemode: false,
        data: { object: { id, object: 'payment_intent', status: 'requires_capture' } },
      })
    }
    expect(() => eventOf(delivery, 'whsec_other')).toThrow(Stripe.errors.StripeSignatureVerificationError)
  })

  it('is told from its authorization to its refund', async () => {
    const { id } = await authorize()
    await stripe.paymentIntents.capture(id)
    await stripe.refunds.create({ payment_intent: id, amount: 400 })
    await expect
      .poll(() => typesOf(id).toSorted())
      .toEqual(['charge.refunded', 'payment_intent.amount_capturable_updated', 'payment_intent.succeeded'])
    const refunded = deliveries
      .map(delivery => eventOf(delivery))
      .find(({ type }) => type === 'charge.refunded')
    expect(refunded?.data.object).toMatchObject({
      object: 'charge',
      payment_intent: id,
      amount_refunded: 400,
    })
  })

  it('is told when it is declined, refused by its customer, or cancelled', async () => {
    const error = await errorOf(authorize('pm_card_chargeDeclined'))
    const waiting = await authorize('pm_card_threeDSecure2Required')
    await fetch(waiting.next_action?.redirect_to_url?.url ?? '', {
      method: 'POST',
      body: new URLSearchParams({ decision: 'decline' }),
      redirect: 'manual',
    })
    await stripe.paymentIntents.cancel(waiting.id)
    await expect
      .poll(() => typesOf(waiting.id).toSorted())
      .toEqual(['payment_intent.canceled', 'payment_intent.payment_failed'])
    expect(typesOf(error.payment_intent?.id ?? 'none')).toEqual(['payment_intent.payment_failed'])
  })

  it('is not told if the request was refused', async () => {
    const { id } = await authorize()
    await stripe.paymentIntents.cancel(id)
    await errorOf(stripe.paymentIntents.capture(id))
    await expect.poll(() => typesOf(id)).toHaveLength(2)
    expect((await stripe.events.list({ limit: 2 })).data.map(({ type }) => type)).toEqual([
      'payment_intent.canceled',
      'payment_intent.amount_capturable_updated',
    ])
  })

  it('is listed, by type, time and page', async () => {
    const { id } = await authorize()
    await stripe.paymentIntents.cancel(id)
    const { data } = await stripe.events.list({ limit: 2 })
    const [last, first] = data
    expect(await stripe.events.retrieve(last?.id ?? '')).toEqual(expect.objectContaining({ id: last?.id }))
    const types = ['payment_intent.canceled', 'charge.refunded']
    expect((await stripe.events.list({ types, limit: 1 })).data[0]?.id).toBe(last?.id)
    expect((await stripe.events.list({ type: 'payment_intent.*', limit: 1 })).data[0]?.id).toBe(last?.id)
    expect((await stripe.events.list({ type: 'paymentXintent.*' })).data).toEqual([])
    expect((await stripe.events.list({ starting_after: last?.id, limit: 1 })).data[0]?.id).toBe(first?.id)
    const created = last?.created ?? 0
    expect((await stripe.events.list({ created: { gt: created } })).data).toEqual([])
    expect((await stripe.events.list({ created: { gte: created } })).data[0]?.id).toBe(last?.id)
    expect((await stripe.events.list({ created })).data[0]?.id).toBe(last?.id)
    expect(await errorOf(stripe.events.retrieve('evt_none'))).toMatchObject({ statusCode: 404 })
    expect(await errorOf(stripe.events.list({ types, type: 'a' }))).toMatchObject({ param: 'types' })
  })
})

describe('an event', () => {
  it('is sent again until it is taken', async () => {
    statuses = [302]
    const { id } = await authorize()
    await expect.poll(() => typesOf(id), { timeout: 5_000 }).toHaveLength(2)
    expect(new Set(deliveries.map(delivery => eventOf(delivery).id)).size).toBe(1)
    await expect.poll(unsent).toBe(0)
  })

  it('is sent after the end of a sender that was killed with it', async () => {
    const { id } = await authorize()
    await expect.poll(() => typesOf(id)).toHaveLength(1)
    await expect.poll(unsent).toBe(0)
    // n.b. so an event stands whose sender had it and did not tell how it went; the next payment wakes the sender
    await simulator.query(
      `update events set next_attempt_at = now(), delivered_at = null where body like '%' || $1 || '%'`,
      [id],
    )
    await authorize()
    await expect.poll(() => typesOf(id)).toHaveLength(2)
  })

  it('is lost on demand, and stays in the list', async () => {
    await simulator.setFaults({ operation: 'webhook', kind: 'lost', times: 1 })
    const { id } = await authorize()
    await stripe.paymentIntents.cancel(id)
    await expect.poll(unsent).toBe(0)
    expect(typesOf(id)).toHaveLength(1)
    expect((await stripe.events.list({ limit: 2 })).data).toHaveLength(2)
  })

  it('is doubled, late, or overtaken on demand', async () => {
    await simulator.setFaults({ operation: 'webhook', kind: 'doubled', times: 1 })
    const { id } = await authorize()
    await expect.poll(() => typesOf(id)).toHaveLength(2)
    await simulator.setFaults({ operation: 'webhook', kind: 'late', delayMs: 300, times: 1 })
    const late = await authorize()
    await expect
      .poll(() => simulator.query('select 1 from events where next_attempt_at > now()'))
      .toHaveLength(1)
    await stripe.paymentIntents.cancel(late.id)
    await expect
      .poll(() => typesOf(late.id))
      .toEqual(['payment_intent.canceled', 'payment_intent.amount_capturable_updated'])
    await simulator.setFaults({ operation: 'webhook', kind: 'disordered', delayMs: 50 })
    const several = await Promise.all(Array.from({ length: 5 }, () => authorize()))
    for (const { id } of several) await expect.poll(() => typesOf(id)).toHaveLength(1)
  })
})
