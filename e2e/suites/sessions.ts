import { decodeJwt } from 'jose'
import { beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest'
import { WebSocket } from 'ws'
import { createGraphQLClient } from '../../testbed/graphql-client.ts'
import type { System } from '../../testbed/system/system.ts'
import { demoPassword } from '../allocations.ts'

const password = 'a long enough password'

const session = '__typename ... on Session { accessToken refreshToken } ... on Failure { message }'

type Tokens = { readonly accessToken: string; readonly refreshToken: string }

export const describeSessions = (systemOf: () => System): void => {
  describe('sessions', () => {
    let system: System

    beforeAll(() => {
      system = systemOf()
    })

    const mutate = async (field: string, input: object, selection: string, accessToken?: string) => {
      const { data, errors } = await createGraphQLClient(system.urlOf('gateway'), accessToken).ask(
        `mutation ($input: ${field.charAt(0).toUpperCase()}${field.slice(1)}Input!) { ${field}(input: $input) { ${selection} } }`,
        { input },
      )
      if (errors) throw new Error(JSON.stringify(errors))
      return data[field]
    }
    const signUp = async (): Promise<Tokens & { readonly email: string }> => {
      const email = `${crypto.randomUUID()}@example.com`
      return { email, ...(await mutate('register', { email, password, name: 'Somebody' }, session)) }
    }
    const signIn = (email: string, password: string): Promise<Tokens> =>
      mutate('login', { email, password }, session)
    const me = async (accessToken: string) =>
      createGraphQLClient(system.urlOf('gateway'), accessToken).ask('{ me { name } }')
    const expectRefused = async (accessToken: string) =>
      vi.waitFor(async () => {
        expect((await me(accessToken)).errors?.[0]?.extensions?.code).toBe('UNAUTHENTICATED')
      }, 5_000)

    it('gives the next tokens for a refresh token once, and ends the session when the token comes again', async () => {
      const first = await signUp()
      const second: Tokens = await mutate('refreshSession', { refreshToken: first.refreshToken }, session)
      expect(decodeJwt(second.accessToken).sid).toBe(decodeJwt(first.accessToken).sid)
      expect(await me(second.accessToken)).toEqual({ data: { me: { name: 'Somebody' } } })
      const stolen = await mutate('refreshSession', { refreshToken: first.refreshToken }, session)
      expect(stolen.__typename).toBe('InvalidRefreshToken')
      const ended = await mutate('refreshSession', { refreshToken: second.refreshToken }, session)
      expect(ended.__typename).toBe('InvalidRefreshToken')
      await expectRefused(second.accessToken)
    })

    it('closes the sockets of a session within 5 s of its logout, refuses its token, and leaves others alone', async () => {
      const { email, accessToken, refreshToken } = await signUp()
      const other = await signIn(email, password)
      const [socket, otherSocket] = [
        await connect(system.urlOf('gateway'), accessToken),
        await connect(system.urlOf('gateway'), other.accessToken),
      ]
      const startedAt = performance.now()
      await mutate('logout', { refreshToken }, '__typename')
      expect(await socket.closed).toBe(4401)
      expect(performance.now() - startedAt).toBeLessThan(5_000)
      await expectRefused(accessToken)
      expect((await me(other.accessToken)).data.me.name).toBe('Somebody')
      expect(otherSocket.isOpen()).toBe(true)
    })

    it('ends the other sessions with a new password, and all of them with logoutEverywhere', async () => {
      const { email, accessToken } = await signUp()
      const other = await signIn(email, password)
      const socket = await connect(system.urlOf('gateway'), other.accessToken)
      const change = { currentPassword: password, newPassword: 'quite another password' }
      const changed = await mutate(
        'changePassword',
        change,
        '... on ChangePasswordSuccess { endedSessions }',
        accessToken,
      )
      expect(changed.endedSessions).toBe(1)
      expect(await socket.closed).toBe(4401)
      await expectRefused(other.accessToken)
      expect((await me(accessToken)).data.me.name).toBe('Somebody')
      expect(await signIn(email, password)).toMatchObject({ __typename: 'InvalidCredentials' })
      const own = await connect(system.urlOf('gateway'), accessToken)
      await mutate('logoutEverywhere', {}, '__typename', accessToken)
      expect(await own.closed).toBe(4401)
      await expectRefused(accessToken)
    })

    it('gives a new role only after another sign-in, and closes the sockets that were open', async () => {
      const { email, accessToken } = await signUp()
      const userId = decodeJwt(accessToken).sub
      const { accessToken: admin } = await signIn('admin@example.com', demoPassword)
      const socket = await connect(system.urlOf('gateway'), accessToken)
      const set = await mutate('setUserRole', { userId, role: 'STAFF' }, '__typename', admin)
      expect(set.__typename).toBe('SetUserRoleSuccess')
      expect(await socket.closed).toBe(4401)
      await expectRefused(accessToken)
      const staff = await signIn(email, password)
      const { data } = await createGraphQLClient(system.urlOf('gateway'), staff.accessToken).ask(
        '{ orders(first: 1) { edges { cursor } } }',
      )
      expect(data.orders.edges).toHaveLength(1)
    })

    it('renews the token of an open socket without ending its subscriptions', async () => {
      const { accessToken, refreshToken } = await signUp()
      const socket = await connect(system.urlOf('gateway'), accessToken)
      socket.send({
        id: '1',
        type: 'subscribe',
        payload: { query: 'subscription { notificationAdded { notification { kind } } }' },
      })
      const next: Tokens = await mutate('refreshSession', { refreshToken }, session)
      socket.send({ type: 'ping', payload: { authorization: `Bearer ${next.accessToken}` } })
      const pong = await socket.message(
        ({ type, payload }) => type === 'pong' && payload?.expiresAt !== undefined,
      )
      expect(Date.parse(pong.payload.expiresAt)).toBe((decodeJwt(next.accessToken).exp ?? 0) * 1_000)
      const frontEnd = createGraphQLClient(system.urlOf('gateway'), next.accessToken)
      const { data } = await frontEnd.ask(
        '{ products(first: 1, filter: { inStock: true }) { edges { node { id } } } }',
      )
      const input = {
        idempotencyKey: 'after the renewal',
        items: [{ productId: data.products.edges[0].node.id, quantity: 1 }],
        paymentMethod: 'pm_card_visa',
        shippingAddress: { name: 'A', line1: '1 Road', city: 'Town', postalCode: '1', country: 'DE' },
      }
      await frontEnd.ask('mutation ($input: PlaceOrderInput!) { placeOrder(input: $input) { __typename } }', {
        input,
      })
      const kindOf = (message: Message) => message.payload?.data?.notificationAdded?.notification.kind
      await socket.message(message => kindOf(message) === 'ORDER_CONFIRMED')
      const stranger = await signUp()
      socket.send({ type: 'ping', payload: { authorization: `Bearer ${stranger.accessToken}` } })
      expect(await socket.closed).toBe(4403)
    })
  })
}

// biome-ignore lint/suspicious/noExplicitAny: a test states the shape that it expects by reading it
type Message = { readonly type: string; readonly payload?: any }

/** A signed-in socket, spoken to in plain protocol messages. */
const connect = async (url: string, accessToken: string) => {
  const socket = new WebSocket(url.replace(/^http/, 'ws'), 'graphql-transport-ws')
  onTestFinished(() => socket.close())
  const received: Message[] = []
  const closed = new Promise<number>(resolve => socket.once('close', resolve))
  socket.on('message', data => received.push(JSON.parse(String(data))))
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject))
  const send = (message: object) => socket.send(JSON.stringify(message))
  const message = (matches: (message: Message) => boolean): Promise<Message> =>
    vi.waitFor(
      () => {
        const found = received.find(matches)
        if (found === undefined) throw new Error(`not among ${JSON.stringify(received)}`)
        return found
      },
      { timeout: 60_000, interval: 20 },
    )
  send({ type: 'connection_init', payload: { authorization: `Bearer ${accessToken}` } })
  await message(({ type }) => type === 'connection_ack')
  return { closed, send, message, isOpen: () => socket.readyState === WebSocket.OPEN }
}
