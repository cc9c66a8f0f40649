import { once } from 'node:events'
import { makeServer } from 'graphql-ws'
import { expect, it, onTestFinished, vi } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import { gatewayError } from '../errors.ts'
import { connect } from './connection.ts'

it('closes a socket as one to try again later, and reports nothing, if too many requests of its network wait', async () => {
  const onError = vi.fn()
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0 })
  onTestFinished(() => void server.close())
  server.on('connection', socket =>
    connect(
      makeServer<Record<string, unknown>, { readonly socket: WebSocket }>({}),
      { socket },
      {
        pong: async () => undefined,
        waitForTurn: () => Promise.reject(gatewayError('TOO_MANY_OPERATIONS', 'Send fewer at a time.')),
        onError,
      },
    ),
  )
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('it does not listen')
  const client = new WebSocket(`ws://127.0.0.1:${address.port}`, 'graphql-transport-ws')
  client.on('open', () => client.send('{"type":"connection_init"}'))
  const code = await new Promise(resolve => client.on('close', resolve))
  expect(code).toBe(1013)
  expect(onError).not.toHaveBeenCalled()
})
