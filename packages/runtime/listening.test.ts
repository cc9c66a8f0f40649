import { createServer, type Server } from 'node:http'
import { connect, type Socket } from 'node:net'
import { setImmediate as turn } from 'node:timers/promises'
import { expect, it, onTestFinished } from 'vitest'
import { startHttp } from './http.ts'
import { ListenError, listen } from './listening.ts'

const host = '127.0.0.1'
const isLinux = process.platform === 'linux'

const listenAt = async (server: Server, port: number, sockets?: number) => {
  const listening = await listen(server, { host, port, portSetting: 'GATEWAY_PORT', sockets })
  onTestFinished(listening.stop)
  return listening.port
}

/** How many turns of the loop it takes to accept 200 connections that are there already. */
const turnsToAccept = async (sockets: number): Promise<number> => {
  const accepted: Socket[] = []
  const server = createServer().on('connection', (socket: Socket) => void accepted.push(socket))
  const port = await listenAt(server, 0, sockets)
  const clients = Array.from({ length: 200 }, () => connect(port, host))
  onTestFinished(() => {
    for (const socket of [...clients, ...accepted]) socket.destroy()
  })
  let turns = 0
  while (accepted.length < clients.length) {
    await turn()
    turns += 1
  }
  return turns
}

it.runIf(isLinux)('accepts in one turn of the loop a connection of each socket', async () => {
  const [one, sixteen] = [await turnsToAccept(1), await turnsToAccept(16)]
  expect(one).toBeGreaterThanOrEqual(200)
  expect(sixteen).toBeLessThan(100)
})

it.each([1, 16])('leaves its port to nobody else, with %i sockets', async sockets => {
  const port = await listenAt(createServer(), 0, sockets)
  for (const others of [1, 16]) {
    const taken = listen(createServer(), { host, port, portSetting: 'GATEWAY_PORT', sockets: others })
    await expect(taken).rejects.toThrow(ListenError)
    await expect(taken).rejects.toThrow(
      `port ${port} on ${host} is taken: stop what listens there, or set GATEWAY_PORT`,
    )
  }
})

it('answers on every socket, and leaves the port when it is stopped', async () => {
  const http = await startHttp((_, response) => response.end('here'), { host, port: 0, sockets: 16 })
  const ask = async () => (await fetch(`http://${host}:${http.port}`)).text()
  expect(await Promise.all(Array.from({ length: 100 }, ask))).toEqual(
    Array.from({ length: 100 }, () => 'here'),
  )
  await http.stop()
  await expect(ask()).rejects.toThrow('fetch failed')
  expect(await listenAt(createServer(), http.port)).toBe(http.port)
})
