import type Stripe from 'stripe'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createStripe, errorOf, startTestSimulator } from './simulator-under-test.ts'

let simulator: Awaited<ReturnType<typeof startTestSimulator>>
let stripe: Stripe

beforeAll(async () => {
  simulator = await startTestSimulator()
  stripe = createStripe(simulator.url, simulator.apiKey)
})
afterAll(() => simulator.stop())

const shopUrl = 'http://shop.test/orders/1?from=cart'

const ask = (changed: Partial<Stripe.PaymentIntentCreateParams> = {}, at: Stripe = stripe) =>
  at.paymentIntents.create({
    amount: 1_000,
    currency: 'eur',
    payment_method: 'pm_card_threeDSecure2Required',
    allowed_payment_method_types: ['card'],
    capture_method: 'manual',
    confirm: true,
    return_url: shopUrl,
    ...changed,
  })

const pageOf = ({ next_action }: Stripe.PaymentIntent): string => next_action?.redirect_to_url?.url ?? ''

const decide = (page: string, decision: string) =>
  fetch(page, { method: 'POST', body: new URLSearchParams({ decision }), redirect: 'manual' })

const statusOf = async ({ id }: Stripe.PaymentIntent) => {
  const { status, last_payment_error } = await stripe.paymentIntents.retrieve(id)
  return [status, last_payment_error?.decline_code || last_payment_error?.code]
}

describe('a payment that needs its customer', () => {
  it.each([
    'pm_card_authenticationRequired',
    'pm_card_threeDSecure2Required',
    'pm_card_threeDSecureRequired',
    'pm_card_authenticationRequiredChargeDeclinedInsufficientFunds',
  ])('waits with %s, and can be found and cancelled', async payment_method => {
    const waiting = await ask({ payment_method, metadata: { order_id: payment_method } })
    expect(waiting).toMatchObject({
      status: 'requires_action',
      client_secret: expect.stringMatching(new RegExp(`^${waiting.id}_secret_\\w{36}$`)),
      next_action: { type: 'redirect_to_url', redirect_to_url: { return_url: shopUrl } },
      last_payment_error: null,
      amount_capturable: 0,
    })
    const { data } = await stripe.paymentIntents.search({ query: `metadata["order_id"]:"${payment_method}"` })
    expect(data[0]?.next_action).toEqual(waiting.next_action)
    expect(await errorOf(stripe.paymentIntents.capture(waiting.id))).toMatchObject({
      code: 'payment_intent_unexpected_state',
    })
    const cancelled = await stripe.paymentIntents.cancel(waiting.id)
    expect(cancelled).toMatchObject({ status: 'canceled', next_action: null })
  })

  it('is declined if its request rules out that the customer is asked', async () => {
    const asking = ask({ payment_method: 'pm_card_threeDSecureRequired', error_on_requires_action: true })
    const { raw } = await errorOf(asking)
    expect(raw).toMatchObject({
      code: 'authentication_required',
      payment_intent: { status: 'requires_payment_method', next_action: null },
    })
    expect(await ask({ error_on_requires_action: true, payment_method: 'pm_card_visa' })).toMatchObject({
      status: 'requires_capture',
    })
  })

  it('can be captured after the approval, which leads back to the shop', async () => {
    const waiting = await ask()
    const approval = await decide(pageOf(waiting), 'approve')
    expect(approval.status).toBe(303)
    const back = new URL(approval.headers.get('location') ?? '')
    expect(back.href.startsWith(shopUrl)).toBe(true)
    expect(Object.fromEntries(back.searchParams)).toEqual({
      from: 'cart',
      payment_intent: waiting.id,
      payment_intent_client_secret: waiting.client_secret,
      redirect_status: 'succeeded',
    })
    expect(await stripe.paymentIntents.retrieve(waiting.id)).toMatchObject({
      status: 'requires_capture',
      amount_capturable: 1_000,
      next_action: null,
    })
    expect((await stripe.paymentIntents.capture(waiting.id)).status).toBe('succeeded')
  })

  it('has failed after the refusal', async () => {
    const waiting = await ask()
    const refusal = await decide(pageOf(waiting), 'decline')
    expect(refusal.headers.get('location')).toContain('redirect_status=failed')
    expect(await statusOf(waiting)).toEqual([
      'requires_payment_method',
      'payment_intent_authentication_failure',
    ])
  })

  it.each([
    ['pm_card_authenticationRequiredChargeDeclinedInsufficientFunds', 'insufficient_funds'],
    ['pm_card_threeDSecureRequiredChargeDeclined', 'generic_decline'],
  ])('is declined by the bank after the approval with %s', async (payment_method, reason) => {
    const waiting = await ask({ payment_method })
    const approval = await decide(pageOf(waiting), 'approve')
    expect(approval.headers.get('location')).toContain('redirect_status=failed')
    expect(await statusOf(waiting)).toEqual(['requires_payment_method', reason])
  })

  it('is decided once: the same decision again leads back, and another one changes nothing', async () => {
    const waiting = await ask()
    await decide(pageOf(waiting), 'approve')
    expect((await decide(pageOf(waiting), 'approve')).status).toBe(303)
    const late = await decide(pageOf(waiting), 'decline')
    expect([late.status, await late.text()]).toEqual([
      409,
      expect.stringContaining('This payment is approved'),
    ])
    expect(await statusOf(waiting)).toEqual(['requires_capture', undefined])
  })

  it('stays cancelled when it is approved too late, and the page says so', async () => {
    const waiting = await ask()
    await stripe.paymentIntents.cancel(waiting.id)
    const late = await decide(pageOf(waiting), 'approve')
    const text = await late.text()
    expect(late.status).toBe(409)
    expect(text).toContain('This payment was cancelled')
    expect(text).toContain('Nothing is charged')
    expect(await statusOf(waiting)).toEqual(['canceled', undefined])
  })

  it('is either cancelled or approved when both happen at once', async () => {
    for (const _ of Array.from({ length: 10 })) {
      const waiting = await ask()
      const [approval, cancellation] = await Promise.all([
        decide(pageOf(waiting), 'approve'),
        stripe.paymentIntents.cancel(waiting.id),
      ])
      expect([303, 409]).toContain(approval.status)
      expect(cancellation.status).toBe('canceled')
      expect(await statusOf(waiting)).toEqual(['canceled', undefined])
    }
  })

  it('without an address to return to has a page that ends there', async () => {
    const { next_action, id } = await stripe.paymentIntents.create({
      amount: 1_000,
      currency: 'eur',
      payment_method: 'pm_card_authenticationRequired',
      capture_method: 'manual',
      confirm: true,
    })
    expect(next_action?.type).toBe('use_stripe_sdk')
    const page = String(next_action?.use_stripe_sdk?.stripe_js)
    const approval = await decide(page, 'approve')
    expect([approval.status, await approval.text()]).toEqual([200, expect.stringContaining('is approved')])
    expect((await stripe.paymentIntents.retrieve(id)).status).toBe('requires_capture')
  })

  it.each([
    'ftp://shop.test/',
    'javascript://shop.test/%0aalert(1)',
    'orders/1',
  ])('can not return to %s', async return_url => {
    expect(await errorOf(ask({ return_url }))).toMatchObject({ statusCode: 400, param: 'return_url' })
  })
})

describe('the page', () => {
  it.each([
    ['eur', 123_450, '€1,234.50'],
    ['jpy', 1_500, '¥1,500'],
    ['isk', 150_000, 'ISK\u00a01,500'],
    ['kwd', 1_250, 'KWD\u00a01.250'],
  ])('shows an amount in %s with its decimals', async (currency, amount, text) => {
    const page = await fetch(pageOf(await ask({ currency, amount })))
    expect(page.headers.get('content-security-policy')).toContain("default-src 'none'")
    expect(await page.text()).toContain(`<p class="amount">${text}</p>`)
  })

  it('is for whoever has the secret of the payment', async () => {
    const [waiting, other] = await Promise.all([ask(), ask()])
    const foreign = pageOf(waiting).replace(/client_secret=.*/, `client_secret=${other.client_secret}`)
    for (const url of [foreign, pageOf(waiting).replace(/\?.*/, ''), pageOf(waiting).slice(0, -1)]) {
      expect((await fetch(url)).status).toBe(404)
      expect((await decide(url, 'approve')).status).toBe(404)
    }
    expect(await statusOf(waiting)).toEqual(['requires_action', undefined])
  })

  it.each(['', 'Approve', 'toString'])('refuses the decision %j', async decision => {
    const waiting = await ask()
    expect((await decide(pageOf(waiting), decision)).status).toBe(400)
    expect(await statusOf(waiting)).toEqual(['requires_action', undefined])
  })

  it('shows what stands in the metadata as text', async () => {
    const waiting = await ask({ metadata: { order_id: '<script>alert(1)</script>' } })
    expect(await (await fetch(pageOf(waiting))).text()).not.toContain('<script>')
  })
})

it('sends people to the address at which they find the simulator', async () => {
  const other = await startTestSimulator({ SIMULATOR_URL: 'https://pay.example/' })
  try {
    const waiting = await ask({}, createStripe(other.url, other.apiKey))
    expect(pageOf(waiting)).toMatch(/^https:\/\/pay\.example\/simulator\/authenticate\/pi_/)
  } finally {
    await other.stop()
  }
})
