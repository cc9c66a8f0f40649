import { createServer, type ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { gzipSync } from 'node:zlib'
import { expect, it, onTestFinished } from 'vitest'
import { startGatewayUnderTest } from './gateway-under-test.ts'

type Lie = (response: ServerResponse) => void

const both = '{ products { id name timesOrdered } }'
const namesAlone = ['1', '2', '3'].map(id => ({ id, name: `Product ${id}`, timesOrdered: null }))
const truth = JSON.stringify({
  data: { _entities: [{ timesOrdered: 1 }, { timesOrdered: 2 }, { timesOrdered: 3 }] },
})

/** A gateway whose subgraph `orders` answers as it is told to, whatever it is asked. */
const startWithLiar = async () => {
  let lie: Lie = response => response.end(truth)
  const http = createServer((request, response) => {
    request.resume()
    lie(response)
  })
  await new Promise<void>(resolve => http.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    http.closeAllConnections()
    http.close()
  })
  const address = http.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const { post } = await startGatewayUnderTest({ ORDERS_URL: `http://127.0.0.1:${port}/graphql` })
  return {
    post,
    answers: (next: Lie) => {
      lie = next
    },
    stop: async () => {
      http.closeAllConnections()
      await new Promise(resolve => http.close(resolve))
    },
  }
}

const text =
  (body: string | Buffer, status = 200, headers = {}): Lie =>
  response =>
    void response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(body)

const megabyte = 'x'.repeat(1024 * 1024)

/** Writes no faster than it is read, and counts what was taken. */
const endless = (count: { megabytes: number }, most = Number.POSITIVE_INFINITY): Lie => {
  function* megabytes() {
    yield '{"data":{"_entities":["'
    for (let index = 0; index < most; index += 1) {
      count.megabytes += 1
      yield megabyte
    }
  }
  return response => {
    response.writeHead(200, { 'content-type': 'application/json' })
    pipeline(Readable.from(megabytes()), response).catch(() => undefined)
  }
}

const unavailable = 'SERVICE_UNAVAILABLE'

it.for<readonly [what: string, code: string, lie: Lie]>([
  ['nothing', 'SERVICE_TIMEOUT', () => undefined],
  ['only a head', 'SERVICE_TIMEOUT', response => response.writeHead(200).flushHeaders()],
  ['half an answer', 'SERVICE_TIMEOUT', response => void response.writeHead(200).write(truth.slice(0, 20))],
  [
    'half an answer, and hangs up',
    unavailable,
    response => {
      response.writeHead(200, { 'content-length': truth.length }).write(truth.slice(0, 20), () => {
        response.destroy()
      })
    },
  ],
  ['by hanging up', unavailable, response => response.socket?.destroy()],
  ['HTML', unavailable, text('<h1>Welcome to nginx</h1>', 200, { 'content-type': 'text/html' })],
  ['an empty body', unavailable, text('')],
  ['a text in the place of data', unavailable, text('{"data":"orders"}')],
  ['a list in the place of data', unavailable, text('{"data":[1]}')],
  ['a list', unavailable, text('[]')],
  ['null', unavailable, text('null')],
  ['neither data nor errors', unavailable, text('{"date":{}}')],
  ['errors that are none', unavailable, text('{"data":null,"errors":"many"}')],
  ['gzip that it was not asked for', unavailable, text(gzipSync(truth), 200, { 'content-encoding': 'gzip' })],
  ['a redirect', unavailable, text(truth, 307, { location: '/elsewhere' })],
  ['500 and a body', unavailable, text(truth, 500)],
  ['401', unavailable, text('{"errors":[{"message":"no"}]}', 401)],
])('nulls the fields of a subgraph that answers %s, and answers the rest', async ([, code, lie]) => {
  const { post, answers } = await startWithLiar()
  answers(lie)
  const { status, body } = await post(both)
  expect(status).toBe(200)
  expect(body).toEqual({
    data: { products: namesAlone },
    errors: [{ message: 'orders does not answer', extensions: { code, service: 'orders' } }],
  })
  answers(text(truth))
  expect((await post(both)).body.errors).toBeUndefined()
})

it('asks nothing of a subgraph that is dead, and of the others as before', async () => {
  const { post, stop } = await startWithLiar()
  await stop()
  for (const _ of Array.from({ length: 12 })) {
    const { body } = await post(both)
    expect(body.data).toEqual({ products: namesAlone })
    expect(body.errors?.[0]?.extensions).toEqual({ code: unavailable, service: 'orders' })
  }
})

it.for([
  ['50 MB, twenty times', 50],
  ['without end, twenty times', Number.POSITIVE_INFINITY],
] as const)('reads no more than there is room for of a subgraph that answers %s', async ([, most]) => {
  const { post, answers } = await startWithLiar()
  for (const _ of Array.from({ length: 20 })) {
    const taken = { megabytes: 0 }
    answers(endless(taken, most))
    const { body } = await post(both)
    expect(body.data).toEqual({ products: namesAlone })
    expect(body.errors?.map(({ extensions }) => extensions.code)).toEqual(['ANSWER_TOO_LARGE'])
    // n.b. the room is 2 MiB; the rest lies in the buffers of both ends
    expect(taken.megabytes).toBeLessThan(25)
  }
})
