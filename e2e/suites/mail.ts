import { beforeAll, describe, expect, it, vi } from 'vitest'
import { z } from 'zod'
import { createGraphQLClient, type GraphQLClient, signUp } from '../../testbed/graphql-client.ts'
import { order } from '../../testbed/orders.ts'
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
      const frontEnd = await signUp(system.urlOf('gateway'), 'Post', email)
      const sent = async () => {
        const response = await fetch(new URL(`/messages?to=${email}`, system.originOf('mailbox')))
        return messages.parse(await response.json())
      }
      const subjects = async () => (await sent()).map(({ subject }) => subject).toSorted()

      const { id, number } = await orderAny(frontEnd)
      const confirmation = `Order ${number} is confirmed`
      const first = ['Confirm your e-mail address', confirmation, 'Your account is ready']
      await expect.poll(subjects, { timeout: 60_000 }).toEqual(first)
      const confirmed = (await sent()).find(({ subject }) => subject === confirmation)
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
      await orderAny(frontEnd)
      const notified = async () =>
        (await frontEnd.ask('{ me { unreadNotificationCount } }')).data.me.unreadNotificationCount
      await expect.poll(notified, { timeout: 60_000 }).toBe(3)
      await switchEmail(true)
      const last = await orderAny(frontEnd)
      const all = [...first, `Order ${last.number} is confirmed`].toSorted()
      await expect
        .poll(async () => (await subjects()).length, { timeout: 60_000 })
        .toBeGreaterThan(first.length)
      expect(await subjects()).toEqual(all)
    })

    it('lets a customer who has forgotten the password choose another one with the link of the e-mail', async () => {
      const email = 'forgetful@customer.example'
      const url = system.urlOf('gateway')
      const before = await signUp(url, 'Post', email)
      const { token, text } = await requestReset(system, email)
      expect(text).toContain('If it was not you, do nothing')
      const newPassword = 'quite another password'
      const after = await mutateSession(url, 'resetPassword', { token, newPassword })
      expect((await after.ask('{ me { name } }')).data.me.name).toBe('Post')
      const code = async () => (await before.ask('{ me { name } }')).errors?.[0]?.extensions?.code
      await expect.poll(code, { timeout: 60_000 }).toBe('UNAUTHENTICATED')
      expect((await after.ask('{ me { name } }')).data.me.name).toBe('Post')
      const again = await mutateSession(url, 'login', { email, password: newPassword })
      expect((await again.ask('{ me { name } }')).data.me.name).toBe('Post')
    })
  })
}

/** Asks for a new password, and reads the token in the letter of the mailbox. */
export const requestReset = async (
  system: System,
  email: string,
): Promise<{ readonly token: string; readonly text: string }> => {
  const { data } = await createGraphQLClient(system.urlOf('gateway')).ask(
    'mutation Forgotten($email: String!) { requestPasswordReset(input: { email: $email }) { __typename } }',
    { email },
  )
  expect(data.requestPasswordReset.__typename).toBe('RequestPasswordResetSuccess')
  return vi.waitFor(
    async () => {
      const response = await fetch(new URL(`/messages?to=${email}`, system.originOf('mailbox')))
      const { text = '' } =
        messages.parse(await response.json()).find(({ subject }) => subject === 'Choose a new password') ?? {}
      const [, token = ''] = /#token=([\w-]{43})\b/.exec(text) ?? []
      expect(token).not.toBe('')
      return { token, text }
    },
    { timeout: 60_000, interval: 200 },
  )
}

/** Signs in by a mutation that answers a session. */
const mutateSession = async (url: string, field: string, input: object): Promise<GraphQLClient> => {
  const type = `${field.charAt(0).toUpperCase()}${field.slice(1)}Input!`
  const { data } = await createGraphQLClient(url).ask(
    `mutation SignIn($input: ${type}) { ${field}(input: $input) { ... on Session { accessToken } } }`,
    { input },
  )
  return createGraphQLClient(url, data[field].accessToken)
}

const orderAny = async (
  frontEnd: GraphQLClient,
): Promise<{ readonly id: string; readonly number: string }> => {
  const { data } = await frontEnd.ask(
    '{ products(first: 1, filter: { inStock: true }) { edges { node { id } } } }',
  )
  return (await order(frontEnd, data.products.edges[0].node.id)).order
}
