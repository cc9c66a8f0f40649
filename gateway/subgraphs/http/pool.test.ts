import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { lookup } from 'node:dns'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { createServer, type Server, Socket } from 'node:net'
import { setImmediate } from 'node:timers/promises'
import { createServer as createTlsServer, getCACertificates, setDefaultCACertificates } from 'node:tls'
import { expect, it, onTestFinished, vi } from 'vitest'
import { createPool, type Pool } from './pool.ts'

type Respond = (socket: Socket, request: string) => unknown

const answer = (body: string, headers = '') =>
  `HTTP/1.1 200 OK\r\n${headers}content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`

const listen = async (server: Server): Promise<number> => {
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  return typeof address === 'object' && address !== null ? address.port : 0
}

const poolTo = (url: string) => createPool({ url: new URL(url), lookup }, () => 2_000)

const sendTo = (pool: Pool, request: string) => {
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  const parts: Buffer[] = []
  const sender = {
    onHead: () => undefined,
    onPart: (part: Buffer) => void parts.push(Buffer.from(part)),
    onEnd: (part: Buffer) => resolve(Buffer.concat([...parts, part]).toString('utf8')),
    onFailure: reject,
  }
  const connection = pool.send(request, sender)
  return { response: promise, giveUp: () => connection.giveUp(sender, new Error('given up')) }
}

/** A server that answers whatever comes, and what sends to it. */
const startServer = async (respond: Respond) => {
  const sockets: Socket[] = []
  const server = createServer(socket => {
    sockets.push(socket)
    socket.on('error', () => undefined)
    socket.on('data', bytes => respond(socket, bytes.toString('utf8')))
  })
  const pool = poolTo(`http://127.0.0.1:${await listen(server)}/graphql`)
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy()
    await pool.stop()
    server.close()
  })
  const begin = (request: string) => sendTo(pool, request)
  return { pool, sockets, begin, send: (request: string) => begin(request).response }
}

it('sends requests one after the other on one connection, and at a time on several', async () => {
  const { send, sockets } = await startServer((socket, request) => socket.write(answer(request)))
  for (const text of ['a', 'ü€😀', 'c']) expect(await send(text)).toBe(text)
  expect(sockets).toHaveLength(1)
  expect(await Promise.all(['d', 'e', 'f'].map(send))).toEqual(['d', 'e', 'f'])
  expect(sockets).toHaveLength(3)
  await send('g')
  expect(sockets).toHaveLength(3)
})

it('gives each request its own response, however large and in whatever pieces it comes', async () => {
  const bodies = Array.from({ length: 20 }, (_, index) => `${index} ${'€'.repeat(index * 20_000)}`)
  const { send } = await startServer(async (socket, request) => {
    const bytes = Buffer.from(answer(bodies[Number(request)] ?? ''))
    const third = Math.ceil(bytes.length / 3)
    for (let at = 0; at < bytes.length; at += third) {
      socket.write(bytes.subarray(at, at + third))
      await setImmediate()
    }
  })
  expect(await Promise.all(bodies.map((_, index) => send(String(index))))).toEqual(bodies)
})

it('uses no connection again that the server closes, or says that it closes', async () => {
  let headers = 'connection: close\r\n'
  const { send, sockets } = await startServer(socket => socket.write(answer('', headers)))
  await send('a')
  headers = 'keep-alive: timeout=1\r\n'
  await send('b')
  headers = ''
  await send('c')
  expect(sockets).toHaveLength(3)
  sockets[2]?.end()
  await vi.waitFor(() => expect(sockets[2]?.destroyed).toBe(true))
  await send('d')
  expect(sockets).toHaveLength(4)
})

it('uses a connection for a minute or so, even if the server keeps it for longer', async () => {
  vi.useFakeTimers({ toFake: ['performance'] })
  onTestFinished(() => void vi.useRealTimers())
  const { send, sockets } = await startServer(socket =>
    socket.write(answer('', 'keep-alive: timeout=600\r\n')),
  )
  await send('a')
  vi.advanceTimersByTime(40_000)
  await send('b')
  expect(sockets).toHaveLength(1)
  vi.advanceTimersByTime(40_000)
  await send('c')
  expect(sockets).toHaveLength(2)
})

it('uses no connection again of which the end was just read', async () => {
  const connections: Socket[] = []
  const connected = (message: unknown) => {
    const { socket } = Object(message)
    if (socket instanceof Socket) connections.push(socket)
  }
  subscribe('net.client.socket', connected)
  onTestFinished(() => void unsubscribe('net.client.socket', connected))
  const { send, sockets } = await startServer((socket, request) => socket.write(answer(request)))
  await send('a')
  const ended = connections.map(connection => once(connection, 'end').then(() => send('b')))
  sockets[0]?.end()
  expect(await Promise.all(ended)).toContain('b')
})

it('uses no connection again whose server answered before it had read the whole request', async () => {
  const { send, sockets } = await startServer(socket => socket.pause().write(answer('early')))
  expect(await send('x'.repeat(20_000_000))).toBe('early')
  expect(await send('y')).toBe('early')
  expect(sockets).toHaveLength(2)
})

it('says that a connection was reset if it ends before the response does', async () => {
  const { send } = await startServer((socket, request) => socket.end(request))
  await expect(send('HTTP/1.1 200 OK\r\n')).rejects.toMatchObject({ code: 'ECONNRESET' })
  await expect(send('HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhell')).rejects.toThrow()
})

it('closes a connection on which more comes than was asked for, and gives that to nobody', async () => {
  let surplus = answer('stolen')
  const { send, sockets } = await startServer(socket => {
    socket.write(answer('own'))
    const late = surplus
    surplus = ''
    setTimeout(() => socket.write(late), 20)
  })
  expect(await send('a')).toBe('own')
  await vi.waitFor(() => expect(sockets[0]?.destroyed).toBe(true))
  expect(await send('b')).toBe('own')
  expect(sockets).toHaveLength(2)
})

it('closes the connection of a request that is given up, before or after it is sent, and of no other', async () => {
  const { begin, send, sockets } = await startServer((socket, request) => {
    if (request !== 'never') socket.write(answer(request))
  })
  const early = begin('never')
  early.giveUp()
  await expect(early.response).rejects.toThrow('given up')
  const late = begin('never')
  await vi.waitFor(() => expect(sockets.some(({ bytesRead }) => bytesRead > 0)).toBe(true))
  late.giveUp()
  await expect(late.response).rejects.toThrow('given up')
  const done = begin('a')
  await done.response
  const next = send('b')
  done.giveUp()
  expect(await next).toBe('b')
})

it('waits for what is under way when it stops, and then has no connection', async () => {
  const { pool, send, sockets } = await startServer((socket, request) => {
    setTimeout(() => socket.write(answer(request)), request === 'slow' ? 100 : 0)
  })
  await Promise.all([send('a'), send('b')])
  const slow = send('slow')
  const stopped = pool.stop()
  expect(await slow).toBe('slow')
  await stopped
  await vi.waitFor(() => expect(sockets.every(({ destroyed }) => destroyed)).toBe(true))
})

it('fails a request at once if nobody listens', async () => {
  await expect(sendTo(poolTo('http://127.0.0.1:1/'), 'a').response).rejects.toMatchObject({
    code: 'ECONNREFUSED',
  })
})

it('speaks TLS to a server whose certificate it can trust, and to no other', async () => {
  // n.b. a key and its certificate for localhost, until the year 2126
  const certificate = await readFile(new URL('localhost.fixture.pem', import.meta.url), 'utf8')
  const large = 'large '.repeat(50_000)
  const server = createTlsServer({ key: certificate, cert: certificate }, socket => {
    socket.on('error', () => undefined)
    socket.on('data', bytes => socket.write(answer(bytes.toString('utf8') === 'large' ? large : 'small')))
  })
  const pool = poolTo(`https://localhost:${await listen(server)}/`)
  onTestFinished(async () => {
    await pool.stop()
    server.close()
  })
  await expect(sendTo(pool, 'a').response).rejects.toMatchObject({ code: 'DEPTH_ZERO_SELF_SIGNED_CERT' })
  const trusted = getCACertificates('default')
  onTestFinished(() => setDefaultCACertificates(trusted))
  setDefaultCACertificates([...trusted, certificate])
  for (const [request, response] of Object.entries({ small: 'small', large }))
    expect(await sendTo(pool, request).response).toBe(response)
})
