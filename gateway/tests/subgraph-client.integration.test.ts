import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { timeoutHeader } from '@supergraph/runtime/deadline.ts'
import type { Failure } from '@supergraph/runtime/failure-log.ts'
import { createLogger } from '@supergraph/runtime/logger.ts'
import { expect, it, onTestFinished, vi } from 'vitest'
import { createAnswerRoom } from '../subgraphs/answer-room.ts'
import type { SubgraphRequest } from '../subgraphs/call.ts'
import { createHttpClient } from '../subgraphs/http-client.ts'

type Respond = (request: IncomingMessage, response: ServerResponse) => void

const requestOf = (query: string): SubgraphRequest => ({
  document: {
    query,
    operationName: undefined,
    isMutation: query.startsWith('mutation'),
    head: `{"query":${JSON.stringify(query)},"variables":`,
  },
  variablesText: () => '{}',
  variables: () => ({}),
})

/** A client of a subgraph that answers as it is told to. */
const startClient = async (answer: Respond, timeoutMs = 2_000) => {
  const http = createServer(answer)
  await new Promise<void>(resolve => http.listen(0, '127.0.0.1', resolve))
  const address = http.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const client = createHttpClient({
    service: 'orders',
    url: `http://127.0.0.1:${port}/graphql`,
    isToldClientAddress: false,
    timeoutMs,
    signer: { sign: async () => 'a token' },
    logger: createLogger('gateway', 'silent'),
  })
  onTestFinished(async () => {
    http.closeAllConnections()
    await client.stop()
    http.close()
  })
  return {
    ask: (query: string) =>
      client.ask(requestOf(query), {
        viewer: { kind: 'anonymous' },
        failures: [],
        room: createAnswerRoom(100_000_000),
      }),
    /** Asks for a client who may go. */
    askFor: (gone: AbortSignal, query: string) => {
      const failures: Failure[] = []
      const answer = client.ask(requestOf(query), {
        viewer: { kind: 'anonymous' },
        gone,
        failures,
        room: createAnswerRoom(1_000),
      })
      return { answer, failures }
    },
  }
}

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
  const read = askFor(gone.signal, '{ orders }')
  const written = askFor(gone.signal, 'mutation { placed }')
  await vi.waitFor(() => expect(pending).toHaveLength(2))
  gone.abort()
  expect(await read.answer).toMatchObject({ data: null })
  await vi.waitFor(() => expect(closed).toEqual(['left /graphql']))
  for (const response of pending) response.end('{"data":{"placed":true}}')
  expect(await written.answer).toMatchObject({ data: { placed: true } })
  expect([...read.failures, ...written.failures]).toEqual([])
  await askFor(gone.signal, '{ orders }').answer
  expect(pending).toHaveLength(2)
})

it('tells a request that waited for its turn what is left then, and has 256 under way at most', {
  timeout: 30_000,
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
  const { ask } = await startClient((_request, response) => pending.push(response), 300)
  const first = Array.from({ length: 256 }, () => ask('mutation { placed }'))
  await vi.waitFor(() => expect(pending).toHaveLength(256), { timeout: 5_000 })
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
