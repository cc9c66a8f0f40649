import { once } from 'node:events'
import { connect as connectTcp, type Socket } from 'node:net'
import { setImmediate } from 'node:timers/promises'
import { handleProtocols } from 'graphql-ws'
import { expect, it, onTestFinished, vi } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import { gatewayError } from '../errors.ts'
import { createClientQueue } from '../execution/client-queue.ts'
import { ClientWebSocket, createClients } from './connection.ts'

type InTurn = (task: () => void) => void

const startServer = async (inTurn: InTurn, onError: (error: unknown) => void = () => {}) => {
  const pings: unknown[] = []
  const arrived: number[] = []
  const server = new WebSocketServer({
    host: '127.0.0.1',
    port: 0,
    handleProtocols,
    WebSocket: ClientWebSocket,
  })
  onTestFinished(() => void server.close())
  const serve = createClients({
    admit: async () => true,
    pong: async (_client, payload) => {
      pings.push(Object(payload).name)
      return undefined
    },
    begin: () => undefined,
    inTurn: (_client, task) => inTurn(task),
    onError,
  })
  server.on('connection', (socket, { socket: stream }) => {
    socket.on('message', data => arrived.push(String(data).length))
    serve(socket, stream, {})
  })
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('it does not listen')
  return { port: address.port, pings, arrived }
}

/** A client whose messages can be sent in one write. */
const openClient = async (port: number) => {
  let connection: Socket | undefined
  const client = new WebSocket(`ws://127.0.0.1:${port}`, 'graphql-transport-ws', {
    createConnection: () => {
      connection = connectTcp(port, '127.0.0.1')
      return connection
    },
  })
  onTestFinished(() => client.terminate())
  await once(client, 'open')
  const sendAtOnce = (messages: readonly string[]): void => {
    connection?.cork()
    for (const message of messages) client.send(message)
    connection?.uncork()
  }
  return { client, sendAtOnce }
}

const ping = (name: string, padding = 0): string =>
  JSON.stringify({ type: 'ping', payload: { name, padding: 'x'.repeat(padding) } })

it('closes a socket as one to try again later, and reports nothing, if too many requests of its network wait', async () => {
  const onError = vi.fn()
  const refuse = () => {
    throw gatewayError('TOO_MANY_OPERATIONS', 'Send fewer at a time.')
  }
  const { port } = await startServer(refuse, onError)
  const { client } = await openClient(port)
  client.send('{"type":"connection_init"}')
  const [code] = await once(client, 'close')
  expect(code).toBe(1013)
  expect(onError).not.toHaveBeenCalled()
})

it('answers a message of one socket before the last of many that another one has sent in one write', async () => {
  let nowMs = 0
  const queue = createClientQueue(() => {
    nowMs += 1
    return nowMs
  })
  const { port, pings } = await startServer(task => queue.begin('one network', task))
  const greedy = await openClient(port)
  const modest = await openClient(port)
  const names = Array.from({ length: 500 }, (_, index) => `greedy ${index}`)
  greedy.sendAtOnce(names.map(name => ping(name)))
  modest.client.send(ping('modest'))
  await expect.poll(() => pings.length, { interval: 5 }).toBe(501)
  expect(pings.indexOf('modest')).toBeLessThan(400)
  expect(pings.filter(name => name !== 'modest')).toEqual(names)
})

it('reads nothing more of a socket while a message of it waits for its turn', async () => {
  const turns: (() => void)[] = []
  const { port, pings, arrived } = await startServer(task => turns.push(task))
  const { sendAtOnce } = await openClient(port)
  const sizes = Array.from({ length: 450 }, (_, index) => (index % 30 === 0 ? 200_000 : 200))
  sendAtOnce(sizes.map((bytes, index) => ping(String(index), bytes)))
  let mostBytes = 0
  while (pings.length < sizes.length) {
    await setImmediate()
    const waiting = arrived.slice(pings.length).reduce((total, bytes) => total + bytes, 0)
    mostBytes = Math.max(mostBytes, waiting)
    turns.shift()?.()
  }
  expect(mostBytes).toBeLessThan(200_000 + 2 * 64 * 1024)
  expect(pings).toEqual(sizes.map((_, index) => String(index)))
})
