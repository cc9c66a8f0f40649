import { uuidv7 } from '@supergraph/runtime/uuid.ts'
import { SessionEnded } from '@supergraph/schema/events/users.ts'
import { expect, it, vi } from 'vitest'
import { startGatewayUnderTest } from './gateway-under-test.ts'

const ended = (userId: string, sessionId: string | null) =>
  SessionEnded.create({
    id: uuidv7(),
    subject: userId,
    version: 1,
    occurredAt: new Date(),
    data: { userId, sessionId, reason: sessionId === null ? 'role-changed' : 'logout' },
  })

const begin = async () => {
  const system = await startGatewayUnderTest()
  const user = uuidv7()
  /** A session of the user that began so long ago, with an open socket. */
  const openSession = async (agoMs: number) => {
    const sessionId = uuidv7(Date.now() - agoMs)
    const authorization = `Bearer ${await system.tokens.customer(user, { sessionId })}`
    const socket = await system.rawSocket()
    socket.send({ type: 'connection_init', payload: { authorization } })
    await vi.waitFor(() => expect(socket.messages).toEqual([{ type: 'connection_ack' }]))
    return { ...socket, sessionId, authorization }
  }
  const isSignedIn = async ({ authorization }: { readonly authorization: string }) => {
    const { status, body } = await system.post('{ whoAsksProducts }', { authorization })
    if (status === 200) return true
    expect([status, body.errors?.[0]?.extensions.code]).toEqual([401, 'UNAUTHENTICATED'])
    return false
  }
  const end = (sessionId: string | null) => system.transport.publish(ended(user, sessionId))
  return { ...system, user, openSession, isSignedIn, end }
}

const watch = {
  id: '1',
  type: 'subscribe',
  payload: { query: 'subscription { priceChanged(productId: "7") { amountMinor } }' },
}

it('closes the sockets of a session that ended, refuses its token at once, and leaves the others alone', async () => {
  const { openSession, isSignedIn, end, feed } = await begin()
  const [over, going] = [await openSession(60_000), await openSession(60_000)]
  over.send(watch)
  going.send(watch)
  await vi.waitFor(() => expect(feed.listeners('7')).toBe(2))
  await end(over.sessionId)
  expect(await over.closed).toEqual({ code: 4401, reason: 'Session ended' })
  expect([await isSignedIn(over), await isSignedIn(going)]).toEqual([false, true])
  await vi.waitFor(() => expect(feed.listeners('7')).toBe(1))
  feed.publish('7', 100)
  await vi.waitFor(() => expect(going.messages).toHaveLength(2))
})

it('ends all sessions of a user that had begun, whoever opened them, and none that begins afterwards', async () => {
  const { openSession, isSignedIn, end, tokens } = await begin()
  const [first, second] = [await openSession(60_000), await openSession(5)]
  const stranger = `Bearer ${await tokens.customer(uuidv7(), { sessionId: uuidv7(0) })}`
  await end(null)
  for (const { closed } of [first, second])
    expect(await closed).toEqual({ code: 4401, reason: 'Session ended' })
  const next = await openSession(-1)
  expect([await isSignedIn(first), await isSignedIn(second), await isSignedIn(next)]).toEqual([
    false,
    false,
    true,
  ])
  expect(await isSignedIn({ authorization: stranger })).toBe(true)
})

it('lets no socket in with the token of a session that ended', async () => {
  const { openSession, rawSocket, end } = await begin()
  const over = await openSession(60_000)
  await end(over.sessionId)
  const { send, closed } = await rawSocket()
  send({ type: 'connection_init', payload: { authorization: over.authorization } })
  expect(await closed).toEqual({ code: 4401, reason: 'Unauthorized' })
})

it('closes a socket when the session ends that one of its operations brought along', async () => {
  const { rawSocket, tokens, user, end, feed } = await begin()
  const sessionId = uuidv7(Date.now() - 60_000)
  const { send, messages, closed } = await rawSocket()
  send({ type: 'connection_init' })
  await vi.waitFor(() => expect(messages).toEqual([{ type: 'connection_ack' }]))
  const headers = { authorization: `Bearer ${await tokens.customer(user, { sessionId })}` }
  send({ ...watch, payload: { ...watch.payload, extensions: { headers } } })
  await vi.waitFor(() => expect(feed.listeners('7')).toBe(1))
  await end(sessionId)
  expect(await closed).toEqual({ code: 4401, reason: 'Session ended' })
})

it('runs nothing that arrives on a socket after its session ended', async () => {
  const { openSession, end, post, products } = await begin()
  const over = await openSession(60_000)
  await end(over.sessionId)
  const mutation = 'mutation { renameProduct(id: "4", name: "x") { name } }'
  over.send({ id: '1', type: 'subscribe', payload: { query: mutation } })
  await over.closed
  await post('{ whoAsksProducts }')
  expect(products.received.map(({ query }) => query)).toEqual(['{whoAsksProducts}'])
})

it('ends the connection of a client that does not answer to the close', async () => {
  const { openSession, end, feed } = await begin()
  const over = await openSession(60_000)
  over.send(watch)
  await vi.waitFor(() => expect(feed.listeners('7')).toBe(1))
  over.pause()
  await end(over.sessionId)
  await vi.waitFor(() => expect(feed.listeners('7')).toBe(0))
})
