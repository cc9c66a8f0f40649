import { beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { createGraphQLClient, type GraphQLClient } from '../../testbed/graphql-client.ts'
import type { System } from '../../testbed/system/system.ts'

const messages = z.array(
  z.object({ subject: z.string(), text: z.string(), html: z.string(), messageId: z.string() }),
)

export const describeMail = (systemOf: () => System): void => {
  describe('e-mail', () => {
    let system: System
    beforeAll(async () => {
      system = systemOf()
    })

    it('tells a new customer of the account and of each order, except while e-mail is switched off', async () => {
      const email = 'post@customer.example'
      const frontEnd = await register(system.urlOf('gateway'), email)
      const sent = async () => {
        const response = await fetch(new URL(`/messages?to=${email}`, system.originOf('mailbox')))
        return messages.parse(await response.json())
      }
      const subjects = async () => (await sent()).map(({ subject }) => subject).toSorted()

      const { id, number } = await order(frontEnd)
      const both = [`Order ${number} is confirmed`, 'Your account is ready']
      await expect.poll(subjects, { timeout: 60_000 }).toEqual(both)
      const confirmed = (await sent()).find(({ subject }) => subject === both[0])
      for (const body of [confirmed?.text, confirmed?.html]) {
        expect(body).toContain('Hello Post,')
        expect(body).toContain(`/orders/${id}`)
      }

      const switchEmail = (enabled: boolean) =>
        frontEnd.ask(
          'mutation Switch($enabled: Boolean!) { updateNotificationPreferences(input: { channel: EMAIL, enabled: $enabled }) { __typename } }',
          { enabled },
        )
      await switchEmail(false)
      await order(frontEnd)
      const notified = async () =>
        (await frontEnd.ask('{ me { unreadNotificationCount } }')).data.me.unreadNotificationCount
      await expect.poll(notified, { timeout: 60_000 }).toBe(3)
      await switchEmail(true)
      const last = await order(frontEnd)
      const all = [...both, `Order ${last.number} is confirmed`].toSorted()
      await expect.poll(async () => (await subjects()).length, { timeout: 60_000 }).toBeGreaterThan(2)
      expect(await subjects()).toEqual(all)
    })
  })
}

const register = async (url: string, email: string): Promise<GraphQLClient> => {
  const { data } = await createGraphQLClient(url).ask(
    'mutation Register($input: RegisterInput!) { register(input: $input) { ... on Session { accessToken } } }',
    { input: { email, password: 'a password for the post', name: 'Post' } },
  )
  return createGraphQLClient(url, data.register.accessToken)
}

const order = async (frontEnd: GraphQLClient): Promise<{ readonly id: string; readonly number: string }> => {
  const products = '{ products(first: 1, filter: { inStock: true }) { edges { node { id } } } }'
  const { data } = await frontEnd.ask(products)
  const placed = await frontEnd.ask(
    `mutation Place($input: PlaceOrderInput!) {
      placeOrder(input: $input) { ... on PlaceOrderSuccess { order { id number } } }
    }`,
    {
      input: {
        idempotencyKey: crypto.randomUUID(),
        items: [{ productId: data.products.edges[0].node.id, quantity: 1 }],
        paymentMethod: 'pm_card_visa',
        shippingAddress: { name: 'A', line1: '1 Road', city: 'Town', postalCode: '1', country: 'DE' },
      },
    },
  )
  return placed.data.placeOrder.order
}
