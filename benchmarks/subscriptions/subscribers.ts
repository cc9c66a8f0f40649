import { createServer } from 'node:http'
import { type WebSocket, WebSocketServer } from 'ws'
import { z } from 'zod'
import { portOf } from './events.ts'

const message = z.object({ type: z.string(), id: z.string().optional() })

/** Takes subscriptions over graphql-transport-ws without reading what they ask, and sends all of them what it is given. */
export const startSubscribers = async () => {
  const subscribers = new Map<WebSocket, Set<string>>()
  const http = createServer()
  const sockets = new WebSocketServer({ server: http, perMessageDeflate: false })
  sockets.on('connection', socket => {
    const ids = new Set<string>()
    subscribers.set(socket, ids)
    socket.on('close', () => subscribers.delete(socket))
    socket.on('message', data => {
      const { type, id } = message.parse(JSON.parse(String(data)))
      if (type === 'connection_init') socket.send('{"type":"connection_ack"}')
      else if (type === 'ping') socket.send('{"type":"pong"}')
      else if (type === 'subscribe' && id !== undefined) ids.add(id)
      else if (type === 'complete' && id !== undefined) ids.delete(id)
    })
  })
  await new Promise<void>(resolve => http.listen(0, '127.0.0.1', 4_096, resolve))
  return {
    url: `http://127.0.0.1:${portOf(http.address())}/graphql`,
    /** Sends the JSON text of a result to every subscription. */
    sendAll: (payload: string): void => {
      for (const [socket, ids] of subscribers)
        for (const id of ids) socket.send(`{"id":"${id}","type":"next","payload":${payload}}`)
    },
  }
}
