import type { ServerResponse } from 'node:http'
import { timeoutHeader } from '@supergraph/runtime/deadline.ts'
import { expect, it, vi } from 'vitest'
import { createLoads } from '../overload/loads.ts'
import { startClient } from './client-under-test.ts'

it('gives up a read whose client has gone, and says nothing of it, but no mutation', async () => {
  const closed: string[] = []
  const pending: ServerResponse[] = []
  const { askFor } = await startClient((request, response) => {
    pending.push(response)
    response.once('close', () =>
      closed.push(`${response.writableEnded ? 'answered' : 'left'} ${request.url}`),
    )
  })
  const gone = new AbortController()
  const read = askFor('{ orders }', { gone: gone.signal })
  const written = askFor('mutation { placed }', { gone: gone.signal })
  await vi.waitFor(() => expect(pending).toHaveLength(2))
  gone.abort()
  expect(await read.answer).toMatchObject({ data: null })
  await vi.waitFor(() => expect(closed).toEqual(['left /graphql']))
  for (const response of pending) response.end('{"data":{"placed":true}}')
  expect(await written.answer).toMatchObject({ data: { placed: true } })
  expect([...read.failures, ...written.failures]).toEqual([])
  await askFor('{ orders }', { gone: gone.signal }).answer
  expect(pending).toHaveLength(2)
})

it('tells a request that waited for its turn what is left then, and has 256 under way at most', {
  timeout: 60_000,
}, async () => {
  const told: { readonly atMs: number; readonly leftMs: number }[] = []
  let inside = 0
  let mostInside = 0
  const { ask } = await startClient((request, response) => {
    told.push({ atMs: Date.now(), leftMs: Number(request.headers[timeoutHeader]) })
    inside += 1
    mostInside = Math.max(mostInside, inside)
    setTimeout(() => {
      inside -= 1
      response.end('{"data":{"placed":true}}')
    }, 3_000)
  })
  const askedAtMs = Date.now()
  const answers = await Promise.all(Array.from({ length: 300 }, () => ask('mutation { placed }')))
  expect(answers).toMatchObject(answers.map(() => ({ data: { placed: true } })))
  expect(mostInside).toBe(256)
  for (const { atMs, leftMs } of told) {
    expect(Math.abs(askedAtMs + 10_000 - atMs - leftMs)).toBeLessThan(1_500)
  }
  expect(told.filter(({ leftMs }) => leftMs <= 7_000)).toHaveLength(44)
})

it('does not send a request whose caller stopped waiting before its turn', async () => {
  const pending: ServerResponse[] = []
  const { ask } = await startClient((_request, response) => pending.push(response), {
    timeoutMs: 2_000,
  })
  const first = Array.from({ length: 256 }, () => ask('mutation { placed }'))
  await vi.waitFor(() => expect(pending).toHaveLength(256), { timeout: 60_000 })
  const late = await Promise.all(Array.from({ length: 20 }, () => ask('{ orders }')))
  expect(late).toMatchObject(
    late.map(() => ({ data: null, errors: [{ extensions: { code: 'SERVICE_TIMEOUT' } }] })),
  )
  for (const response of pending.splice(0)) response.end('{"data":{}}')
  await Promise.all(first)
  const next = ask('{ orders }')
  await vi.waitFor(() => expect(pending).toHaveLength(1))
  pending[0]?.end('{"data":{"orders":[]}}')
  expect(await next).toMatchObject({ data: { orders: [] } })
})

it('sends a read again whose connection failed before a byte of the answer, twice at most, and never a mutation', async () => {
  let received = 0
  let dropped = 2
  const { ask } = await startClient((request, response) => {
    received += 1
    if (received <= dropped) request.socket.destroy()
    else response.end('{"data":{"orders":[]}}')
  })
  expect(await ask('{ orders }')).toMatchObject({ data: { orders: [] } })
  expect(received).toBe(3)
  dropped = 6
  const failed = { data: null, errors: [{ extensions: { code: 'SERVICE_UNAVAILABLE' } }] }
  expect(await ask('{ orders }')).toMatchObject(failed)
  expect(received).toBe(6)
  dropped = 7
  expect(await ask('mutation { placed }')).toMatchObject(failed)
  expect(received).toBe(7)
})

it('does not send a read again of which an answer has begun', async () => {
  let received = 0
  const { ask } = await startClient((_request, response) => {
    received += 1
    response.write('{"data":', () => response.destroy())
  })
  expect(await ask('{ orders }')).toMatchObject({ data: null })
  expect(received).toBe(1)
})

it('asks a subgraph that failed ten times in a row no more for a while, and then tries one request', async () => {
  let received = 0
  let status = 503
  const { ask } = await startClient((_request, response) => {
    received += 1
    response.writeHead(status).end('{"data":{"orders":[]}}')
  })
  for (const _ of Array.from({ length: 10 })) await ask('{ orders }')
  expect(received).toBe(10)
  const refused = await ask('mutation { placed }')
  expect(refused).toMatchObject({ errors: [{ extensions: { code: 'SERVICE_UNAVAILABLE' } }] })
  expect(received).toBe(10)
  status = 200
  await vi.waitFor(async () => expect(await ask('{ orders }')).toMatchObject({ data: { orders: [] } }))
  expect(received).toBe(11)
  expect(await ask('mutation { placed }')).toMatchObject({ data: { orders: [] } })
})

it('leaves a subgraph alone in which ten requests hung, but not if another was answered meanwhile', async () => {
  const pending: ServerResponse[] = []
  const { ask } = await startClient((_request, response) => void pending.push(response), { timeoutMs: 300 })
  const hang = (count: number) =>
    Array.from({ length: count }, (_, index) => ask('{ orders }', { variables: `{"first":${index}}` }))
  const nine = hang(9)
  await vi.waitFor(() => expect(pending).toHaveLength(9))
  await Promise.all(nine)
  const answered = ask('{ orders }')
  await vi.waitFor(() => expect(pending).toHaveLength(10))
  pending.pop()?.end('{"data":{"orders":[]}}')
  expect(await answered).toMatchObject({ data: { orders: [] } })
  const ten = hang(10)
  await vi.waitFor(() => expect(pending).toHaveLength(19))
  const late = { data: null, errors: [{ extensions: { code: 'SERVICE_TIMEOUT' } }] }
  expect(await Promise.all(ten)).toMatchObject(ten.map(() => late))
  expect(await ask('{ orders }')).toMatchObject({ errors: [{ extensions: { code: 'SERVICE_UNAVAILABLE' } }] })
  expect(pending).toHaveLength(19)
})

it('lowers the limit of a subgraph whose reads begin to wait, and not for errors or mutations', async () => {
  let [body, delayMs] = ['{"data":{"orders":1}}', 0]
  const loads = createLoads()
  const { ask } = await startClient(
    (_request, response) => void setTimeout(() => response.end(body), delayMs),
    {
      load: loads.heardOf('orders'),
    },
  )
  const askAll = (query: string, count: number) =>
    Promise.all(Array.from({ length: count }, (_, index) => ask(query, { variables: `{"a":${index}}` })))
  const load = loads.of('orders')
  for (let count = 0; count < 100; count += 1) load.enter()
  for (const query of ['{ orders }', 'mutation { orders }'])
    for (let count = 0; count < 5; count += 1) await ask(query)

  delayMs = 300
  await askAll('mutation { orders }', 20)
  body = '{"errors":[{"message":"no"}],"data":{"orders":null}}'
  await askAll('{ orders }', 20)
  expect(load.limit).toBe(1_024)
  body = '{"data":{"orders":1}}'
  await askAll('{ orders }', 20)
  expect(load.limit).toBeLessThan(100)
})
