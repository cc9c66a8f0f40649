import { afterAll, beforeAll, expect, it } from 'vitest'
import { z } from 'zod'
import { requestGraphQL } from '../testbed/graphql-client.ts'
import { startOneProcess } from '../testbed/system/one-process.ts'
import type { System } from '../testbed/system/system.ts'

let system: System
beforeAll(async () => {
  system = await startOneProcess({
    TRUST_PROXY_HOPS: '1',
    REGISTER_LIMIT_PER_NETWORK: '3/1h',
    DECLINE_LIMIT_PER_NETWORK: '2/1h',
  })
})
afterAll(() => system?.stop())

const from = (address: string, accessToken?: string) => ({
  ask: (query: string, variables: object = {}) =>
    requestGraphQL(
      system.urlOf('gateway'),
      { query, variables },
      { accessToken, headers: { 'x-forwarded-for': address } },
    ),
})
const register = async (address: string, email: string) => {
  const { data } = await from(address).ask(
    `mutation Register($input: RegisterInput!) {
      register(input: $input) {
        __typename
        ... on Session { accessToken user { email } }
        ... on TooManyAttempts { retryAfterSeconds }
      }
    }`,
    { input: { email, password: 'correct horse battery', name: 'Visit https://evil.example' } },
  )
  return data.register
}

it('counts registrations and declined payments by the address that the gateway sees', async () => {
  const shopper = await register('2001:db8:0:1::1', 'info@käse.de')
  expect(shopper).toMatchObject({ __typename: 'Session', user: { email: 'info@käse.de' } })
  const kinds = []
  for (const index of [2, 3, 4]) {
    kinds.push((await register(`2001:db8:0:1::${index}`, `n${index}@example.com`)).__typename)
  }
  expect(kinds).toEqual(['Session', 'Session', 'TooManyAttempts'])
  const other = await register('2001:db8:0:2::1', 'other@example.com')

  const { data } = await from('192.0.2.1').ask(
    '{ products(first: 1, filter: { inStock: true }) { edges { node { id } } } }',
  )
  const productId = data.products.edges[0].node.id
  const order = async (address: string, accessToken: string, paymentMethod: string) => {
    const { data } = await from(address, accessToken).ask(
      `mutation Place($input: PlaceOrderInput!) {
        placeOrder(input: $input) { __typename ... on TooManyAttempts { message retryAfterSeconds } }
      }`,
      {
        input: {
          idempotencyKey: crypto.randomUUID(),
          items: [{ productId, quantity: 1 }],
          paymentMethod,
          shippingAddress: { name: 'A', line1: '1', city: 'C', postalCode: '1', country: 'DE' },
        },
      },
    )
    return data.placeOrder
  }
  const bad = 'pm_card_chargeDeclined'
  expect(await order('192.0.2.7', shopper.accessToken, bad)).toEqual({ __typename: 'PaymentDeclined' })
  const limitedAtMs = performance.now()
  expect(await order('192.0.2.7', other.accessToken, bad)).toEqual({ __typename: 'PaymentDeclined' })
  const refused = {
    __typename: 'TooManyAttempts',
    message: expect.stringContaining('Nothing was ordered'),
    retryAfterSeconds: expect.any(Number),
  }
  // n.b. the first wait is 2 s, which a busy machine may take for an order; each one after it is twice as long
  let taken = 0
  const askBoth = async () => {
    const answers = []
    for (const method of [bad, 'pm_card_visa'])
      answers.push(await order('192.0.2.7', other.accessToken, method))
    taken += answers.filter(({ __typename }) => __typename !== 'TooManyAttempts').length
    return answers
  }
  await expect.poll(askBoth, { timeout: 60_000 }).toEqual([refused, refused])
  const waitsOver = Math.floor(Math.log2((performance.now() - limitedAtMs) / 2_000 + 1))
  expect(taken).toBeLessThanOrEqual(waitsOver)
  expect(await order('192.0.2.8', other.accessToken, 'pm_card_visa')).toEqual({
    __typename: 'PlaceOrderSuccess',
  })
})

it('writes to an address with a Unicode domain, without the link in its name', async () => {
  const messages = async (to: string) => {
    const response = await fetch(
      new URL(`/messages?to=${encodeURIComponent(to)}`, system.originOf('mailbox')),
    )
    return z
      .array(z.object({ subject: z.string(), to: z.array(z.string()), text: z.string(), html: z.string() }))
      .parse(await response.json())
  }
  // n.b. the one with the link that confirms the address may come first
  const welcome = async (to: string) =>
    (await messages(to)).find(({ subject }) => subject === 'Your account is ready')
  await expect.poll(() => welcome('info@käse.de'), { timeout: 60_000 }).toBeDefined()
  const message = await welcome('info@xn--kse-qla.de')
  expect(message?.to).toEqual(['info@xn--kse-qla.de'])
  expect(message?.text).toContain('\nHello,\n')
  expect(JSON.stringify(message)).not.toContain('evil')
})
