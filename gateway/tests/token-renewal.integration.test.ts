import { uuidv7 } from '@supergraph/runtime/uuid.ts'
import { SessionEnded } from '@supergraph/schema/events/users.ts'
import { expect, it, vi } from 'vitest'
import { startGatewayUnderTest } from './gateway-under-test.ts'

const ada = uuidv7()
const watch = {
  id: '1',
  type: 'subscribe',
  payload: {
    query: 'subscription { priceChanged(productId: "7") { amountMinor product { whoAsksOrders } } }',
  },
}
const ping = (token: string) => ({ type: 'ping', payload: { authorization: `Bearer ${token}` } })

const openSocket = async () => {
  const system = await startGatewayUnderTest()
  const socket = await system.rawSocket()
  const authorization = `Bearer ${await system.tokens.customer(ada, { lifetimeSeconds: 2 })}`
  socket.send({ type: 'connection_init', payload: { authorization } })
  await vi.waitFor(() => expect(socket.messages).toEqual([{ type: 'connection_ack' }]))
  return { ...system, ...socket }
}

it('takes a new token on an open socket, whose subscriptions go on past the expiry of the old one', async () => {
  const { send, messages, tokens, feed, orders, closed } = await openSocket()
  const oldExpiresAtMs = Date.now() + 2_000
  send(watch)
  await vi.waitFor(() => expect(feed.listeners('7')).toBe(1))
  const sessionId = uuidv7()
  send(ping(await tokens.customer(ada, { sessionId, lifetimeSeconds: 60 })))
  await vi.waitFor(() => expect(messages).toHaveLength(2))
  expect(messages[1]).toEqual({ type: 'pong', payload: { expiresAt: expect.stringMatching(/^\d{4}-.+Z$/) } })
  await vi.waitFor(() => expect(Date.now()).toBeGreaterThan(oldExpiresAtMs + 500))
  feed.publish('7', 100)
  const isOpen = closed.then(() => false)
  await vi.waitFor(() => expect(messages).toHaveLength(3))
  expect(await Promise.race([isOpen, true])).toBe(true)
  expect(messages[2]).toMatchObject({
    type: 'next',
    payload: { data: { priceChanged: { amountMinor: 100 } } },
  })
  expect(orders.received.at(-1)?.viewer).toMatchObject({ id: ada, sessionId })
})

it('has only the new session once a token was renewed', async () => {
  const system = await startGatewayUnderTest()
  const { tokens, transport } = system
  const [before, after] = [uuidv7(), uuidv7()]
  const { send, messages, closed } = await system.rawSocket()
  const authorization = `Bearer ${await tokens.customer(ada, { sessionId: before })}`
  send({ type: 'connection_init', payload: { authorization } })
  await vi.waitFor(() => expect(messages).toEqual([{ type: 'connection_ack' }]))
  send(ping(await tokens.customer(ada, { sessionId: after })))
  await vi.waitFor(() => expect(messages).toHaveLength(2))
  const end = (sessionId: string) =>
    transport.publish(
      SessionEnded.create({
        id: uuidv7(),
        subject: ada,
        version: 1,
        occurredAt: new Date(),
        data: { userId: ada, sessionId, reason: 'logout' },
      }),
    )
  await end(before)
  send({ type: 'ping' })
  await vi.waitFor(() => expect(messages[2]).toEqual({ type: 'pong' }))
  await end(after)
  expect(await closed).toEqual({ code: 4401, reason: 'Session ended' })
})

it("closes a socket when the renewed token's time is over", async () => {
  const { send, tokens, closed } = await openSocket()
  const renewedAtMs = Date.now()
  send(ping(await tokens.customer(ada, { lifetimeSeconds: 3 })))
  expect(await closed).toEqual({ code: 4401, reason: 'Token expired' })
  expect(Date.now() - renewedAtMs).toBeGreaterThan(1_900)
})

it('closes a socket that brings a bad token, or a new token before it was acknowledged', async () => {
  const { send, closed, rawSocket, tokens } = await openSocket()
  send(ping('nonsense'))
  expect(await closed).toEqual({ code: 4401, reason: 'Unauthorized' })
  const early = await rawSocket()
  early.send(ping(await tokens.customer(ada)))
  expect(await early.closed).toEqual({ code: 4401, reason: 'Unauthorized' })
})

it('closes a socket that brings the token of another user, and one that was anonymous', async () => {
  const { send, closed, rawSocket, tokens } = await openSocket()
  send(ping(await tokens.customer(uuidv7())))
  expect(await closed).toEqual({ code: 4403, reason: 'Other user' })
  const anonymous = await rawSocket()
  anonymous.send({ type: 'connection_init' })
  await vi.waitFor(() => expect(anonymous.messages).toEqual([{ type: 'connection_ack' }]))
  anonymous.send(ping(await tokens.customer(ada)))
  expect(await anonymous.closed).toEqual({ code: 4403, reason: 'Other user' })
})

it('keeps the socket and says so when a token can not be checked, and answers other pings as before', async () => {
  const { rawSocket, tokens } = await startGatewayUnderTest({ JWKS_URL: 'http://127.0.0.1:1/jwks.json' })
  const { send, messages } = await rawSocket()
  send({ type: 'connection_init' })
  await vi.waitFor(() => expect(messages).toEqual([{ type: 'connection_ack' }]))
  const token = await tokens.customer(ada)
  send(ping(token))
  await vi.waitFor(() =>
    expect(messages[1]).toEqual({ type: 'pong', payload: { code: 'SERVICE_UNAVAILABLE' } }),
  )
  send({ type: 'ping', payload: { since: 'now' } })
  await vi.waitFor(() => expect(messages[2]).toEqual({ type: 'pong', payload: { since: 'now' } }))
  send({ type: 'ping', payload: null })
  await vi.waitFor(() => expect(messages[3]).toEqual({ type: 'pong' }))
  expect(JSON.stringify(messages)).not.toContain(token)
})

it('lets an operation bring a later token of the session that another operation brought', async () => {
  const system = await startGatewayUnderTest()
  const { tokens, feed } = system
  const { send, messages, closed } = await system.rawSocket()
  const sessionId = uuidv7()
  const subscribe = async (id: string, lifetimeSeconds: number) => {
    const token = await tokens.customer(ada, { sessionId, lifetimeSeconds })
    // n.b. equal operations of a session would be one
    const query = `${watch.payload.query} # ${id}`
    const extensions = { headers: { authorization: `Bearer ${token}` } }
    send({ ...watch, id, payload: { query, extensions } })
  }
  send({ type: 'connection_init' })
  await vi.waitFor(() => expect(messages).toEqual([{ type: 'connection_ack' }]))
  await subscribe('1', 2)
  const renewedAtMs = Date.now()
  await subscribe('2', 4)
  await vi.waitFor(() => expect(feed.listeners('7')).toBe(2))
  expect(await closed).toEqual({ code: 4401, reason: 'Token expired' })
  expect(Date.now() - renewedAtMs).toBeGreaterThan(2_500)
})
