import { expect, it } from 'vitest'
import { z } from 'zod'
import { startGatewayUnderTest } from './gateway-under-test.ts'
import type { Manner } from './stand-in-subgraph.ts'

const traceId = '4bf92f3577b34da6a3ce929d0e0e4736'
const traceparent = `00-${traceId}-00f067aa0ba902b7-01`
const answer = z.object({
  errors: z.array(z.object({ message: z.string(), extensions: z.record(z.string(), z.unknown()) })).min(1),
})
const rename = 'mutation { renameProduct(id: "1", name: "x") { id name } }'

type Case = readonly [
  title: string,
  payload: object,
  error: { readonly code: string; readonly service?: string; readonly retryable: boolean },
  manner?: Manner,
]

const cases: readonly Case[] = [
  ['a syntax error', { query: '{' }, { code: 'GRAPHQL_PARSE_FAILED', retryable: false }],
  [
    'an unknown field',
    { query: '{ prodcts { id } }' },
    { code: 'GRAPHQL_VALIDATION_FAILED', retryable: false },
  ],
  [
    'a bad variable',
    { query: 'query ($d: Date) { onDay(day: $d) }', variables: { d: 'x' } },
    { code: 'BAD_USER_INPUT', retryable: false },
  ],
  [
    'no such operation',
    { query: 'query A { __typename }', operationName: 'B' },
    { code: 'OPERATION_RESOLUTION_FAILURE', retryable: false },
  ],
  [
    'too much',
    { query: `{ ${'products { id } '.repeat(30)} }` },
    { code: 'OPERATION_TOO_LARGE', retryable: false },
  ],
  [
    'a refusal of a service',
    { query: '{ refused }' },
    { code: 'FORBIDDEN', service: 'products', retryable: false },
  ],
  [
    'a failure of a service',
    { query: '{ broken }' },
    { code: 'INTERNAL_SERVER_ERROR', service: 'products', retryable: false },
  ],
  [
    'a service that is away',
    { query: '{ products { id } }' },
    { code: 'SERVICE_UNAVAILABLE', service: 'products', retryable: true },
    'with 503',
  ],
  [
    'a service that is no service',
    { query: '{ products { id } }' },
    { code: 'SERVICE_UNAVAILABLE', service: 'products', retryable: true },
    'with HTML',
  ],
  [
    'a service that hangs',
    { query: '{ products { id } }' },
    { code: 'SERVICE_TIMEOUT', service: 'products', retryable: true },
    'never',
  ],
  [
    'a mutation of a service that is away',
    { query: rename },
    { code: 'SERVICE_UNAVAILABLE', service: 'products', retryable: false },
    'with 503',
  ],
]

const secrets = /10\.0\.0|127\.0\.0\.1|localhost|secret|stack|\.ts\b|node_modules|Did you mean|prodcts"\?/i

it.for(
  cases,
)('tells of %s with code, service, trace and whether to try again, over HTTP and sockets alike', async ([
  ,
  payload,
  error,
  manner,
]) => {
  const { origin, products, rawSocket } = await startGatewayUnderTest()
  if (manner !== undefined) products.answers(manner)
  const expected = { ...error, traceId }
  const check = (text: string) => {
    expect(text).not.toMatch(secrets)
    for (const { message, extensions } of answer.parse(JSON.parse(text)).errors) {
      const { limit: _, allowed: __, found: ___, ...told } = extensions
      expect(message).not.toBe('')
      expect(told).toEqual(expected)
    }
  }
  for (const _time of ['through Apollo Server', 'without it']) {
    const response = await fetch(`${origin}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', traceparent },
      body: JSON.stringify(payload),
    })
    check(await response.text())
  }
  const { sendText, rawMessages } = await rawSocket()
  sendText('{"type":"connection_init"}')
  await expect.poll(() => rawMessages).toHaveLength(1)
  sendText(
    JSON.stringify({ id: '1', type: 'subscribe', payload: { ...payload, extensions: { traceparent } } }),
  )
  await expect.poll(() => rawMessages.length).toBeGreaterThan(1)
  const sent = z
    .union([
      z.object({ type: z.literal('error'), payload: z.array(z.unknown()) }),
      z.object({ type: z.literal('next'), payload: z.unknown() }),
    ])
    .parse(JSON.parse(rawMessages[1] ?? ''))
  check(JSON.stringify(sent.type === 'error' ? { errors: sent.payload } : sent.payload))
})

it.each([
  ['GET', '/nowhere', 404],
  ['PUT', '/graphql', 405],
  ['POST', '/graphql', 400],
])('tells of a refused %s %s in the same words', async (method, path, status) => {
  const { origin } = await startGatewayUnderTest()
  const response = await fetch(`${origin}${path}`, {
    method,
    headers: { traceparent, 'content-type': 'application/json' },
    ...(method === 'POST' && { body: '{' }),
  })
  expect([response.status, await response.json()]).toMatchObject([
    status,
    { errors: [{ extensions: { code: 'BAD_REQUEST', traceId, retryable: false } }] },
  ])
})
