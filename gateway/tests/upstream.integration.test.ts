import { createServer } from 'node:http'
import { createIdentityKeys, createIdentitySigner, identityKey } from '@supergraph/runtime/identity.ts'
import { createLogger } from '@supergraph/runtime/logger.ts'
import { expect, it, onTestFinished } from 'vitest'
import { type WebSocket, WebSocketServer } from 'ws'
import { createBacklog } from '../subgraphs/event-stream.ts'
import { createUpstream } from '../subgraphs/upstream.ts'

const operation = { query: 'subscription { tick }', operationName: undefined, variables: {} }
const unavailable = {
  message: 'prices does not answer',
  extensions: { code: 'SERVICE_UNAVAILABLE', service: 'prices' },
}

type Speak = (socket: WebSocket, message: { readonly type: string; readonly id?: string }) => void

/** An upstream on a subgraph that speaks as it is told to; `connections` counts the sockets it has taken. */
const startUpstream = async (speak: Speak, { handshake = true } = {}) => {
  const http = createServer()
  const sockets = new WebSocketServer({ noServer: true })
  let connections = 0
  http.on('upgrade', (request, socket, head) => {
    connections += 1
    if (handshake) {
      sockets.handleUpgrade(request, socket, head, opened => {
        opened.on('message', data => speak(opened, JSON.parse(String(data))))
      })
    }
  })
  await new Promise<void>(resolve => http.listen(0, '127.0.0.1', resolve))
  const address = http.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const { keys } = await createIdentityKeys(['gateway'])
  const upstream = createUpstream({
    service: 'prices',
    url: `http://127.0.0.1:${port}/graphql`,
    timeoutMs: 200,
    signer: createIdentitySigner('gateway', identityKey.parse(keys.gateway)),
    logger: createLogger('gateway', 'silent'),
  })
  onTestFinished(async () => {
    await upstream.stop()
    for (const socket of sockets.clients) socket.terminate()
    http.closeAllConnections()
    http.close()
  })
  return {
    subscribe: () => upstream.subscribe(operation, { kind: 'anonymous' }, createBacklog(1_000_000)),
    connections: () => connections,
  }
}

const send = (socket: WebSocket, message: object) => socket.send(JSON.stringify(message))
const tick = (id: string | undefined, n: number) => ({ id, type: 'next', payload: { data: { tick: n } } })

it('gives up on a subgraph that never completes the handshake', async () => {
  const { subscribe } = await startUpstream(() => undefined, { handshake: false })
  await expect((await subscribe()).next()).rejects.toMatchObject(unavailable)
})

it('gives up on a subgraph that never acknowledges the connection', async () => {
  const { subscribe } = await startUpstream(() => undefined)
  await expect((await subscribe()).next()).rejects.toMatchObject(unavailable)
})

it('starts nothing again by itself, even when the subgraph closes in good order', async () => {
  const { subscribe, connections } = await startUpstream((socket, { type, id }) => {
    if (type === 'connection_init') return send(socket, { type: 'connection_ack' })
    send(socket, tick(id, 1))
    socket.close(1000)
  })
  const events = await subscribe()
  expect(await events.next()).toMatchObject({ value: { data: { tick: 1 } } })
  await expect(events.next()).rejects.toMatchObject(unavailable)
  expect(connections()).toBe(1)
  expect(await (await subscribe()).next()).toMatchObject({ value: { data: { tick: 1 } } })
  expect(connections()).toBe(2)
})

it('fails only the subscription whose message is no event', async () => {
  const { subscribe } = await startUpstream((socket, { type, id }) => {
    if (type === 'connection_init') return send(socket, { type: 'connection_ack' })
    if (type === 'subscribe') send(socket, { id, type: 'next', payload: { data: 'nonsense' } })
  })
  await expect((await subscribe()).next()).rejects.toMatchObject(unavailable)
})

it('throws the error with which the subgraph ends the operation, after the events before it', async () => {
  const { subscribe } = await startUpstream((socket, { type, id }) => {
    if (type === 'connection_init') return send(socket, { type: 'connection_ack' })
    send(socket, tick(id, 1))
    const error = { message: 'No', extensions: { code: 'CURSOR_EXPIRED', secret: 1 } }
    send(socket, { id, type: 'error', payload: [error] })
  })
  const events = await subscribe()
  expect(await events.next()).toMatchObject({ value: { data: { tick: 1 } } })
  await expect(events.next()).rejects.toMatchObject({
    message: 'No',
    extensions: { code: 'CURSOR_EXPIRED', service: 'prices' },
  })
  expect(await events.next()).toEqual({ done: true, value: undefined })
})

it('ends a subscription whose events are not read, after a thousand of them', async () => {
  const completed = Promise.withResolvers<void>()
  const { subscribe } = await startUpstream((socket, { type, id }) => {
    if (type === 'connection_init') return send(socket, { type: 'connection_ack' })
    if (type === 'complete') return completed.resolve()
    for (let n = 1; n <= 1_001; n += 1) send(socket, tick(id, n))
  })
  const events = await subscribe()
  await completed.promise
  let last: unknown
  await expect(async () => {
    for await (const event of events) last = event.data?.tick
  }).rejects.toMatchObject({ extensions: { code: 'SLOW_CONSUMER' } })
  expect(last).toBe(1_000)
})
