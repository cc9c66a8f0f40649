import { once } from 'node:events'
import { expect, it, onTestFinished, vi } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import { PingedWebSocket, startKeepAlive } from './keep-alive.ts'

it('pings every socket within 12 s, and cuts off those that do not answer within the next 12', async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
  const keepAlive = startKeepAlive()
  const server = new WebSocketServer({ port: 0, WebSocket: PingedWebSocket })
  onTestFinished(() => {
    keepAlive.stop()
    for (const client of server.clients) client.terminate()
    server.close()
    vi.useRealTimers()
  })
  await once(server, 'listening')
  const open: WebSocket[] = []
  const pinged = new Set<WebSocket>()
  const answered = new Set<WebSocket>()
  for (let count = 0; count < 30; count += 1) {
    // n.b. the first of them never answers
    const client = new WebSocket(urlOf(server), { autoPong: count > 0 })
    const [[socket]] = await Promise.all([once(server, 'connection'), once(client, 'open')])
    keepAlive.add(socket)
    socket.on('pong', () => answered.add(client))
    client.on('ping', () => pinged.add(client))
    open.push(client)
  }
  const [silent] = open
  const isOpen = (client: WebSocket) => client.readyState === client.OPEN
  vi.advanceTimersByTime(12_000)
  await expect.poll(() => pinged.size).toBe(30)
  await expect.poll(() => answered.size).toBe(29)
  expect(open.every(isOpen)).toBe(true)
  vi.advanceTimersByTime(12_000)
  await expect.poll(() => silent?.readyState).toBe(WebSocket.CLOSED)
  expect(open.slice(1).every(isOpen)).toBe(true)
})

const urlOf = (server: WebSocketServer): string => {
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the server has no port')
  return `ws://127.0.0.1:${address.port}`
}
