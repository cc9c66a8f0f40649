import { setTimeout as pause } from 'node:timers/promises'
import { expect, it, onTestFinished, vi } from 'vitest'
import { startGatewayUnderTest } from './gateway-under-test.ts'

const watch = (id: number) => ({
  id: String(id),
  type: 'subscribe',
  payload: { query: 'subscription { priceChanged(productId: "7") { amountMinor } }' },
})

const isLast = (message: unknown): boolean => ['complete', 'error'].includes(Object(message).type)

it('closes a socket that brings a bad token with 4401', async () => {
  const { rawSocket, tokens, gateway } = await startGatewayUnderTest()
  const expired = await tokens.customer('ada', { lifetimeSeconds: -1 })
  for (const authorization of [
    'Bearer nonsense',
    'Basic YWRhOmFkYQ==',
    '',
    7,
    `Bearer ${expired}`,
    `Bearer ${'a.'.repeat(100_000)}`,
  ]) {
    const { send, closed } = await rawSocket()
    send({ type: 'connection_init', payload: { authorization } })
    expect(await closed).toEqual({ code: 4401, reason: 'Unauthorized' })
  }
  await vi.waitFor(() => expect(gateway.live).toMatchObject({ sockets: 0, closes: new Map([['4401', 6]]) }))
})

it('closes a socket when its token expires', async () => {
  const { rawSocket, tokens } = await startGatewayUnderTest()
  const { send, closed, messages } = await rawSocket()
  const token = await tokens.customer('ada', { lifetimeSeconds: 2 })
  send({ type: 'connection_init', payload: { authorization: `Bearer ${token}` } })
  await vi.waitFor(() => expect(messages).toEqual([{ type: 'connection_ack' }]))
  expect(await closed).toEqual({ code: 4401, reason: 'Token expired' })
})

it('asks the client to try again later when tokens can not be checked', async () => {
  const { rawSocket, tokens } = await startGatewayUnderTest({ JWKS_URL: 'http://127.0.0.1:1/jwks.json' })
  const { send, closed } = await rawSocket()
  send({ type: 'connection_init', payload: { authorization: `Bearer ${await tokens.customer('ada')}` } })
  expect(await closed).toEqual({ code: 1013, reason: 'Try again later' })
})

it('closes the sockets of a page of another origin with 4403, and reads nothing of what they send', async () => {
  const { rawSocket, origin } = await startGatewayUnderTest({ CORS_ORIGINS: 'https://shop.example.com' })
  for (const evil of ['https://evil.example.com', 'https://shop.example.com.evil.example.com', 'null', 'x']) {
    const { send, closed, messages } = await rawSocket({ origin: evil })
    send({ type: 'connection_init' })
    expect(await closed).toEqual({ code: 4403, reason: 'Origin not allowed' })
    expect(messages).toEqual([])
  }
  for (const page of ['https://shop.example.com', origin]) {
    const { send, messages } = await rawSocket({ origin: page })
    send({ type: 'connection_init' })
    await vi.waitFor(() => expect(messages).toEqual([{ type: 'connection_ack' }]))
  }
})

it('closes with 4408 a socket that sends no connection_init within 10 s', async () => {
  const { rawSocket } = await startGatewayUnderTest()
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  onTestFinished(() => void vi.useRealTimers())
  const { closed } = await rawSocket()
  vi.advanceTimersByTime(10_000)
  expect(await closed).toEqual({ code: 4408, reason: 'Connection initialisation timeout' })
})

it('closes with 4429 a socket that sends a second connection_init', async () => {
  const { rawSocket } = await startGatewayUnderTest()
  const { send, closed } = await rawSocket()
  send({ type: 'connection_init' })
  send({ type: 'connection_init' })
  expect(await closed).toEqual({ code: 4429, reason: 'Too many initialisation requests' })
})

it('closes with 4400, and logs nothing, a socket that sends what only servers send', async () => {
  const { rawSocket, logger } = await startGatewayUnderTest()
  const error = vi.spyOn(logger, 'error')
  for (const message of [{ type: 'connection_ack' }, { ...watch(1), type: 'next' }, { type: 'nonsense' }]) {
    const { send, closed } = await rawSocket()
    send(message)
    expect(await closed).toEqual({ code: 4400, reason: 'Invalid message received' })
  }
  expect(error).not.toHaveBeenCalled()
})

it('closes with 4409 a socket that uses an id twice, however long the id is', async () => {
  const { rawSocket } = await startGatewayUnderTest()
  const closedFor = async (id: string) => {
    const { send, closed, messages } = await rawSocket()
    send({ type: 'connection_init' })
    await vi.waitFor(() => expect(messages).toEqual([{ type: 'connection_ack' }]))
    for (const _ of [1, 2]) send({ ...watch(7), id })
    return closed
  }
  expect(await closedFor('7')).toEqual({ code: 4409, reason: 'Subscriber for 7 already exists' })
  expect(await closedFor('7'.repeat(200))).toMatchObject({ code: 4409 })
})

it.each([
  ['203.0.113.1', '203.0.113.1', '203.0.113.2'],
  ['2001:db8:0:1::1', '2001:db8:0:1:ffff::2', '2001:db8:0:2::1'],
])('lets the network of %s hold as many open sockets as the setting says, and closes further ones with 4429', async (address, neighbour, stranger) => {
  const settings = { SOCKETS_PER_ADDRESS: '2', TRUST_PROXY_HOPS: '1' }
  const { rawSocket } = await startGatewayUnderTest(settings)
  const open = async (from: string) => {
    const socket = await rawSocket({ 'x-forwarded-for': `10.9.8.7, ${from}` })
    socket.send({ type: 'connection_init' })
    return socket
  }
  const isAcknowledged = ({ messages }: { readonly messages: readonly unknown[] }) =>
    vi.waitFor(() => expect(messages).toEqual([{ type: 'connection_ack' }]))
  const first = await open(address)
  await isAcknowledged(first)
  await isAcknowledged(await open(neighbour))
  const third = await open(neighbour)
  expect(await third.closed).toEqual({ code: 4429, reason: 'Too many sockets' })
  expect(third.messages).toEqual([])
  await isAcknowledged(await open(stranger))
  first.close()
  await first.closed
  await vi.waitFor(async () => isAcknowledged(await open(address)))
})

it('begins at most 200 operations a second on a socket, however soon each is over', async () => {
  const { rawSocket } = await startGatewayUnderTest()
  const { send, messages } = await rawSocket()
  send({ type: 'connection_init' })
  await vi.waitFor(() => expect(messages).toHaveLength(1))
  const begun = 450
  const secondOfNow = () => Math.floor(performance.now() / 1_000)
  const firstSecond = secondOfNow()
  for (let id = 1; id <= begun; id += 1) {
    send({ id: String(id), type: 'subscribe', payload: { query: '{ __typename }' } })
    if (id % 50 === 0) await vi.waitFor(() => expect(messages.filter(isLast)).toHaveLength(id))
  }
  const seconds = secondOfNow() - firstSecond + 1
  const refused = messages.filter(message => Object(message).type === 'error')
  expect(refused.length).toBeGreaterThanOrEqual(begun - 200 * seconds)
  for (const { payload } of refused.map(message => Object(message)))
    expect(payload).toMatchObject([{ extensions: { code: 'TOO_MANY_OPERATIONS' } }])
  await pause(1_000)
  send({ id: 'later', type: 'subscribe', payload: { query: '{ __typename }' } })
  await vi.waitFor(() => expect(messages.at(-1)).toEqual({ id: 'later', type: 'complete' }))
})

it('closes a socket that sends more than 500 messages a second, and reads no more of it', async () => {
  const { rawSocket } = await startGatewayUnderTest()
  const { send, messages, closed } = await rawSocket()
  send({ type: 'connection_init' })
  await vi.waitFor(() => expect(messages).toHaveLength(1))
  for (let count = 0; count < 20_000; count += 1) send({ type: 'ping' })
  expect(await closed).toEqual({ code: 1013, reason: 'More than 500 messages a second' })
  expect(messages.length).toBeLessThan(10_000)
})

it('carries at most 100 operations on a socket', async () => {
  const { rawSocket, feed } = await startGatewayUnderTest()
  const { send, messages } = await rawSocket()
  send({ type: 'connection_init' })
  await vi.waitFor(() => expect(messages).toEqual([{ type: 'connection_ack' }]))
  for (let id = 1; id <= 101; id += 1) send(watch(id))
  await vi.waitFor(() =>
    expect(messages.slice(1)).toMatchObject([
      { id: '101', type: 'error', payload: [{ extensions: { code: 'TOO_MANY_OPERATIONS' } }] },
    ]),
  )
  await vi.waitFor(() => expect(feed.listeners('7')).toBe(1))
  feed.publish('7', 1)
  await vi.waitFor(() => expect(messages.slice(2)).toHaveLength(100))
})

it('cuts off a client that goes on sending and reads none of the answers', async () => {
  const { rawSocket, feed } = await startGatewayUnderTest()
  const { send, messages, pause } = await rawSocket()
  send({ type: 'connection_init' })
  await vi.waitFor(() => expect(messages).toEqual([{ type: 'connection_ack' }]))
  send(watch(1))
  await vi.waitFor(() => expect(feed.listeners('7')).toBe(1))
  pause()
  const printed = vi.spyOn(console, 'error')
  onTestFinished(() => printed.mockRestore())
  const filler = 'x'.repeat(200 * 1024)
  for (let count = 0; count < 200; count += 1) send({ type: 'ping', payload: { filler } })
  await vi.waitFor(() => expect(feed.listeners('7')).toBe(0))
  expect(printed).not.toHaveBeenCalled()
})

it('closes a socket that sends a message past 256 KiB', async () => {
  const { rawSocket } = await startGatewayUnderTest()
  const { send, closed } = await rawSocket()
  send({ type: 'connection_init', payload: { filler: 'x'.repeat(300 * 1024) } })
  expect(await closed).toMatchObject({ code: 1009 })
})

it('closes every socket with 1001 when it stops, and frees its port', async () => {
  const { rawSocket, gateway, feed, origin } = await startGatewayUnderTest()
  const { send, messages, closed } = await rawSocket()
  send({ type: 'connection_init' })
  await vi.waitFor(() => expect(messages.length).toBe(1))
  send(watch(1))
  await vi.waitFor(() => expect(feed.listeners('7')).toBe(1))
  await gateway.stop()
  expect(await closed).toMatchObject({ code: 1001 })
  await vi.waitFor(() => expect(feed.listeners('7')).toBe(0))
  await expect(fetch(`${origin}/health`)).rejects.toThrow()
})

it('answers the requests under way before it stops', async () => {
  const { post, gateway, orders } = await startGatewayUnderTest({ SUBGRAPH_TIMEOUT_MS: '400' })
  orders.answers('never')
  const answering = post('{ products { timesOrdered } }')
  await vi.waitFor(() => expect(orders.received.length).toBe(1))
  await gateway.stop()
  expect((await answering).body.errors?.[0]?.extensions.code).toBe('SERVICE_TIMEOUT')
})

it('gives an operation of a socket its answer before it stops, and closes sockets without one before that', async () => {
  const { rawSocket, gateway, orders } = await startGatewayUnderTest({ SUBGRAPH_TIMEOUT_MS: '600' })
  orders.answers('never')
  const [awaiting, idle] = [await rawSocket(), await rawSocket()]
  awaiting.send({ type: 'connection_init' })
  await vi.waitFor(() => expect(awaiting.messages.length).toBe(1))
  awaiting.send({ type: 'subscribe', id: 'q', payload: { query: '{ products { timesOrdered } }' } })
  await vi.waitFor(() => expect(orders.received.length).toBe(1))
  const stopped = gateway.stop()
  expect(await idle.closed).toMatchObject({ code: 1001 })
  expect(awaiting.messages.length).toBe(1)
  expect(await awaiting.closed).toMatchObject({ code: 1001 })
  expect(awaiting.messages.slice(1)).toMatchObject([
    { type: 'next', id: 'q', payload: { errors: [{ extensions: { code: 'SERVICE_TIMEOUT' } }] } },
    { type: 'complete', id: 'q' },
  ])
  await stopped
})

it('lets the operations of a socket bring a hundred sessions, and refuses another one', async () => {
  const { rawSocket, tokens } = await startGatewayUnderTest()
  const { send, messages } = await rawSocket()
  send({ type: 'connection_init' })
  await vi.waitFor(() => expect(messages).toHaveLength(1))
  for (let index = 0; index <= 100; index += 1) {
    const authorization = `Bearer ${await tokens.customer('ada', { sessionId: `session ${index}` })}`
    const query = '{ whoAsksProducts }'
    send({
      id: String(index),
      type: 'subscribe',
      payload: { query, extensions: { headers: { authorization } } },
    })
    await vi.waitFor(() =>
      expect(JSON.stringify(messages.at(-1))).toMatch(
        new RegExp(`"id":"${index}","type":"(complete|error)"`),
      ),
    )
  }
  expect(messages.slice(1, -1).filter(message => Object(message).type === 'next')).toHaveLength(100)
  expect(messages.at(-1)).toMatchObject({
    id: '100',
    type: 'error',
    payload: [{ extensions: { code: 'TOO_MANY_OPERATIONS' } }],
  })
})
