import type { IncomingMessage, ServerResponse } from 'node:http'
import { connect } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { Pool } from 'undici'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { sendRaw } from '../../../testbed/raw-http.ts'
import { refuseBody, sendJson, startHttp } from '../http.ts'
import { leave } from '../leaving.ts'
import { BadRequest, readJson } from '../request-body.ts'
import { readTarget } from '../request-target.ts'

const maxBodyBytes = 1_000

/** Answers with the body that it got. */
const echo = (request: IncomingMessage, response: ServerResponse): void => {
  readJson(request, maxBodyBytes).then(
    body => sendJson(response, 200, { path: readTarget(request).path, body }),
    (error: unknown) => {
      if (error instanceof BadRequest) refuseBody(request, response, error.status, error.message)
    },
  )
}

const start = async (
  limits: Partial<Parameters<typeof startHttp>[1]> = {},
  handle: Parameters<typeof startHttp>[0] = echo,
  atEnd = onTestFinished,
) => {
  const started = await startHttp(handle, { host: '127.0.0.1', port: 0, ...limits })
  atEnd(started.stop)
  return started
}

const post = (body: string, ...headers: readonly string[]): string =>
  ['POST / HTTP/1.1', 'Host: localhost', ...headers, '', body].join('\r\n')
const json = '{"a":1}'
const length = `Content-Length: ${json.length}`
const chunked = 'Transfer-Encoding: chunked'

it.each([
  ['a body of a known length', 200, [post(json, length)]],
  ['a body in chunks', 200, [post(`7\r\n${json}\r\n0\r\n\r\n`, chunked)]],
  ['a body in single bytes', 200, [post('', length), ...json]],
  ['a head in single bytes', 200, [...post(json, length)]],
  ['a body after Expect: 100-continue', 200, [post('', length, 'Expect: 100-continue'), json]],
  ['an expectation that is not known', 417, [post(json, length, 'Expect: wonders')]],
  ['no body', 200, ['GET / HTTP/1.1\r\nHost: localhost\r\n\r\n']],
  ['HTTP/1.0 without a host', 200, ['GET / HTTP/1.0\r\n\r\n']],
  ['HTTP/1.1 without a host', 400, ['GET / HTTP/1.1\r\n\r\n']],
  ['two hosts', 200, [post(json, length, 'Host: evil.example')]],
  [
    'an offer of HTTP/2',
    200,
    [post(json, length, 'Connection: Upgrade, HTTP2-Settings', 'Upgrade: h2c', 'HTTP2-Settings: AAMAAABk')],
  ],
  [
    'an upgrade that nobody here takes',
    200,
    [post(json, length, 'Connection: Upgrade', 'Upgrade: websocket')],
  ],
  ['a byte order mark', 200, [post(`\xef\xbb\xbf${json}`, 'Content-Length: 10')]],
  ['JSON in UTF-8 by name', 200, [post(json, length, 'Content-Type: application/json; charset="UTF-8"')]],
  ['JSON in UTF-16 by name', 415, [post(json, length, 'Content-Type: application/json; charset=utf-16')]],
  ['JSON in Latin-1 by name', 415, [post(json, length, 'Content-Type: application/json;charset=iso-8859-1')]],
  ['bytes that are not UTF-8', 400, [post('"\xe9"', 'Content-Length: 3')]],
  ['a body that is compressed', 415, [post(json, length, 'Content-Encoding: gzip')]],
  ['a body that says that it is not compressed', 200, [post(json, length, 'Content-Encoding: identity')]],
  ['a body that is not JSON', 400, [post('{"a":1', 'Content-Length: 6')]],
  ['a body that says that it is too large', 413, [post('', 'Content-Length: 1001')]],
  ['a body that is too large', 413, [post(`400\r\n${' '.repeat(1_024)}\r\n0\r\n\r\n`, chunked)]],
  ['a length and chunks', 400, [post(`7\r\n${json}\r\n0\r\n\r\n`, length, chunked)]],
  ['two lengths', 400, [post(json, length, 'Content-Length: 6')]],
  ['a length below zero', 400, [post(json, 'Content-Length: -1')]],
  ['chunks that are none', 400, [post(`x\r\n${json}`, chunked)]],
  ['a header with a line feed alone', 400, ['GET / HTTP/1.1\r\nHost: localhost\r\nA: b\nC: d\r\n\r\n']],
  ['a blank before a colon', 400, ['GET / HTTP/1.1\r\nHost : localhost\r\n\r\n']],
  ['another protocol', 400, ['SSH-2.0-OpenSSH_9.6\r\n']],
  ['TLS', 400, ['\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03']],
  ['HTTP/2 at once', 400, ['PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n']],
  ['headers of 20 KB', 431, [post(json, length, `X: ${'x'.repeat(20_000)}`)]],
  ['a URL of 20 KB', 431, [`GET /${'x'.repeat(20_000)} HTTP/1.1\r\nHost: localhost\r\n\r\n`]],
])('answers %s with %i', async (_, status, parts) => {
  const { port } = await start()
  const answer = await sendRaw(port, parts)
  expect(answer.status).toBe(status)
  if (status === 200) expect(JSON.parse(answer.body)).toMatchObject({ path: '/' })
  else if (answer.headers['content-type'] !== undefined)
    expect(JSON.parse(answer.body)).toEqual({
      errors: [
        { message: expect.stringMatching(/\.$/), extensions: { code: 'BAD_REQUEST', retryable: false } },
      ],
    })
  // and the server goes on
  expect(await sendRaw(port, [post(json, length)])).toMatchObject({ status: 200 })
})

it.each([
  '/',
  '//',
  '//?',
  '/%',
  '/%00',
  '/[',
  '//[',
  '//:80',
  '*',
  '/\\',
  '/a//../%',
  'http://',
  'http://[',
  'mailto:a',
])('takes whatever stands where the URL stands: %j', async url => {
  const { port } = await start()
  expect(await sendRaw(port, [`GET ${url} HTTP/1.1\r\nHost: localhost\r\n\r\n`])).toMatchObject({
    status: expect.toSatisfy((status: number) => status === 200 || status === 400),
  })
})

it('answers a body that comes too slowly with 408, and runs nothing of it', async () => {
  const handled = vi.fn()
  const { port } = await start({ requestWithinMs: 300, headWithinMs: 300 }, (request, response) => {
    readJson(request, maxBodyBytes).then(handled, () => response.destroy())
  })
  const slow: readonly (readonly string[])[] = [
    [post('', length), '{'],
    [post('', chunked), '1\r\n{\r\n'],
    [post('', length, 'Expect: 100-continue')],
    [post('1\r\n \r\n0\r\nX: y', chunked)],
    ['POST / HTTP/1.1\r\nHost: loc'],
    ['\r\n\r\n'],
  ]
  await Promise.all(
    slow.map(async parts => {
      const startedAt = performance.now()
      const answer = await sendRaw(port, parts)
      expect(answer.status).toBe(408)
      expect(JSON.parse(answer.body)).toMatchObject({ errors: [{ extensions: { code: 'BAD_REQUEST' } }] })
      expect(performance.now() - startedAt).toBeLessThan(2_500)
    }),
  )
  expect(handled).not.toHaveBeenCalled()
})

it('tells a client that is still sending that its body is too large', async () => {
  const { port } = await start()
  const body = Buffer.alloc(16 * 1024 * 1024, ' ')
  for (const _ of Array.from({ length: 10 })) {
    const response = await fetch(`http://127.0.0.1:${port}`, { method: 'POST', body })
    expect(response.status).toBe(413)
    expect(await response.text()).toContain('larger than 1000 bytes: send less at a time')
  }
})

it('takes a body that is slow, and here in time', async () => {
  const { port } = await start({ requestWithinMs: 3_000, headWithinMs: 3_000 })
  expect(await sendRaw(port, [post('', length), ...json], { pauseMs: 200 })).toMatchObject({ status: 200 })
})

it('closes a connection that sends nothing without a word, since a browser opens such connections in advance', async () => {
  const { port } = await start({ requestWithinMs: 300, headWithinMs: 300 })
  expect(await sendRaw(port, [])).toEqual({ status: 0, headers: {}, body: '' })
})

it('keeps an idle connection for longer than a client or a balancer keeps it', async () => {
  const { server, port } = await start()
  expect(server.keepAliveTimeout).toBeGreaterThan(60_000)
  const { headers } = await sendRaw(port, [post(json, length)])
  expect(headers['keep-alive']).toBe(`timeout=${server.keepAliveTimeout / 1_000}`)
})

it('says with the last answers that their connections end, so that no client sends more on them', async () => {
  const answering = Promise.withResolvers<void>()
  const { port, stop } = await start({}, async (_, response) => {
    await answering.promise
    sendJson(response, 200, {})
  })
  const pool = new Pool(`http://127.0.0.1:${port}`, { connections: 10 })
  onTestFinished(() => pool.close())
  const asking = Array.from({ length: 10 }, () => pool.request({ path: '/', method: 'GET' }))
  await vi.waitFor(() => expect(pool.stats.running).toBe(10))
  await pause(100)
  const stopping = stop()
  answering.resolve()
  for (const { statusCode, headers, body } of await Promise.all(asking)) {
    expect({ statusCode, connection: headers.connection }).toEqual({ statusCode: 200, connection: 'close' })
    await body.dump()
  }
  await stopping
})

it('loses no request of clients that are busy while the process leaves', async () => {
  const { port } = await start({}, (_, response) => void setTimeout(() => sendJson(response, 200, {}), 5))
  const left = await start()
  onTestFinished(() => leave(false))
  const pool = new Pool(`http://127.0.0.1:${port}`, { connections: 10 })
  onTestFinished(() => pool.close())
  let isOver = false
  const seen: (string | string[] | undefined)[] = []
  const ask = async (): Promise<void> => {
    while (!isOver) {
      const { headers, body } = await pool.request({ path: '/', method: 'GET' })
      seen.push(headers.connection)
      await body.dump()
    }
  }
  const clients = Array.from({ length: 10 }, ask)
  await pause(100)
  expect(seen).not.toContain('close')
  leave()
  await pause(100)
  isOver = true
  await Promise.all(clients)
  expect(seen.slice(-5)).toEqual(Array(5).fill('close'))
  const { headers } = await sendRaw(left.port, [post(json, length)])
  expect(headers.connection).toBe('close')
})

// n.b. these run at the same time, because each waits for time to pass
describe.concurrent('over time', () => {
  it('cuts off clients that do not read their answers, or hardly', async ({ onTestFinished }) => {
    const large = Buffer.alloc(64 * 1024 * 1024)
    const { port, server } = await start(
      { readWithinMs: 300 },
      (_, response) => response.end(large),
      onTestFinished,
    )
    const get = 'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n'
    for (const { sent, bytesEach } of [
      { sent: get, bytesEach: 0 },
      { sent: get, bytesEach: 1_000 },
      { sent: get.repeat(3), bytesEach: 0 },
    ]) {
      const socket = connect(port, '127.0.0.1').pause()
      const reading = setInterval(() => bytesEach > 0 && socket.read(bytesEach), 100)
      onTestFinished(() => {
        clearInterval(reading)
        socket.destroy()
      })
      socket.write(sent)
    }
    await vi.waitFor(async () => expect(await connectionsOf(server)).toBe(3))
    await vi.waitFor(async () => expect(await connectionsOf(server)).toBe(0), 10_000)
  })

  it('lets a client read an answer in its own time if the client is done in time', async ({
    onTestFinished,
  }) => {
    const large = 'x'.repeat(8 * 1024 * 1024)
    const { port } = await start(
      { readWithinMs: 10_000 },
      (_, response) => response.end(large),
      onTestFinished,
    )
    const response = await fetch(`http://127.0.0.1:${port}`)
    await pause(1_500)
    expect(await response.text()).toHaveLength(large.length)
  })

  it('keeps an idle connection past the time that the head of a request may take', async ({
    onTestFinished,
  }) => {
    const { port } = await start(
      { keepAliveMs: 5_000, headWithinMs: 300, requestWithinMs: 300 },
      echo,
      onTestFinished,
    )
    const socket = connect(port, '127.0.0.1')
    onTestFinished(() => void socket.destroy())
    const received: string[] = []
    socket.on('data', data => received.push(String(data)))
    for (const answers of [1, 2]) {
      socket.write(post(json, length))
      await vi.waitFor(() => expect(received).toHaveLength(answers))
      await pause(2_500)
    }
    expect(socket.closed).toBe(false)
  })

  it('never lets a client that heeds its keep-alive meet a closed connection', async ({ onTestFinished }) => {
    const { port } = await start({ keepAliveMs: 3_000 }, echo, onTestFinished)
    const pool = new Pool(`http://127.0.0.1:${port}`, { connections: 1 })
    onTestFinished(() => pool.close())
    const send = async () => {
      const { statusCode, body } = await pool.request({ path: '/', method: 'POST', body: json })
      await body.dump()
      return statusCode
    }
    for (const idleMs of [0, 900, 1_100, 3_000]) {
      await pause(idleMs)
      expect(await send()).toBe(200)
    }
  })
})

const connectionsOf = (server: Awaited<ReturnType<typeof startHttp>>['server']): Promise<number> =>
  new Promise((resolve, reject) =>
    server.getConnections((error, count) => (error === null ? resolve(count) : reject(error))),
  )
