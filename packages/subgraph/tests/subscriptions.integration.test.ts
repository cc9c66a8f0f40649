import { once } from 'node:events'
import { createServer, get } from 'node:http'
import { createLogger } from '@supergraph/runtime/logger.ts'
import { buildSchema } from 'graphql'
import { createClient, GRAPHQL_TRANSPORT_WS_PROTOCOL } from 'graphql-ws'
import { expect, it, onTestFinished, vi } from 'vitest'
import { WebSocket } from 'ws'
import { serveSubscriptions } from '../subscriptions.ts'

const happenedAt = new Date('2026-03-01T09:30:00.000Z')
const schema = buildSchema('type Query { a: Int } type Subscription { counted: Int }')

/** Serves a subscription to numbers, for each of which a context is made. */
const start = async (createContext: () => object = () => ({})) => {
  const ended = vi.fn()
  const counted = {
    [Symbol.asyncIterator]() {
      return this
    },
    next: async () => ({ done: false, value: { counted: 1, occurredAt: happenedAt } }),
    return: async () => {
      ended()
      return { done: true, value: undefined }
    },
  }
  const field = schema.getSubscriptionType()?.getFields().counted
  if (field !== undefined) field.subscribe = () => counted
  const server = createServer()
  const subscriptions = serveSubscriptions({
    service: 'test',
    server,
    schema,
    verifyIdentity: async () => ({ viewer: { kind: 'anonymous' }, clientAddress: undefined }),
    createContext,
    format: errors => errors.map(error => error.toJSON()),
    logger: createLogger('test', 'silent'),
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  const { port } = Object(server.address())
  return { url: `http://127.0.0.1:${port}/graphql`, ended, stop: subscriptions.stop }
}

it('ends what an operation listens to if one of its events can not be sent', async () => {
  const contexts = [{}]
  const { url, ended, stop } = await start(() => contexts.pop() ?? fail())
  const socket = new WebSocket(url, GRAPHQL_TRANSPORT_WS_PROTOCOL)
  onTestFinished(stop)
  const messages: unknown[] = []
  socket.on('message', data => messages.push(JSON.parse(String(data)).type))
  await once(socket, 'open')
  socket.send('{"type":"connection_init"}')
  await vi.waitFor(() => expect(messages).toEqual(['connection_ack']))
  socket.send('{"id":"1","type":"subscribe","payload":{"query":"subscription { counted }"}}')
  await vi.waitFor(() => expect(messages).toEqual(['connection_ack', 'error']))
  expect(ended).toHaveBeenCalledOnce()
})

it('tells the gateway when what an event tells of happened', async () => {
  const { url, stop } = await start()
  const client = createClient({ url: url.replace('http', 'ws'), webSocketImpl: WebSocket, retryAttempts: 0 })
  onTestFinished(async () => {
    await client.dispose()
    await stop()
  })
  const events = client.iterate({ query: 'subscription { counted }' })
  expect(await events.next()).toMatchObject({
    value: { data: { counted: 1 }, extensions: { occurredAtMs: happenedAt.getTime() } },
  })
  await events.return?.()
})

it('stops although a client does not answer the close', { timeout: 20_000 }, async () => {
  const { url, stop } = await start()
  const request = get(url, {
    headers: {
      connection: 'Upgrade',
      upgrade: 'websocket',
      'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
      'sec-websocket-version': '13',
      'sec-websocket-protocol': GRAPHQL_TRANSPORT_WS_PROTOCOL,
    },
  })
  const [, connection] = await once(request, 'upgrade')
  connection.on('error', () => undefined).resume()
  const lost = new Promise(resolve => connection.once('close', resolve))
  await stop()
  await lost
})

const fail = (): never => {
  throw new Error('no context')
}
