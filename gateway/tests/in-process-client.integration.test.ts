import type { Failure } from '@supergraph/runtime/failure-log.ts'
import { createLogger } from '@supergraph/runtime/logger.ts'
import type { AskInProcess, InProcessAnswer, InProcessRequest } from '@supergraph/subgraph/in-process.ts'
import { expect, it, vi } from 'vitest'
import { createAnswerRoom } from '../subgraphs/answer-room.ts'
import type { ExecutionContext } from '../subgraphs/call.ts'
import { createChanges } from '../subgraphs/changes.ts'
import { createInProcessClient } from '../subgraphs/in-process-client.ts'

const answerWith = (answer: Partial<InProcessAnswer>): InProcessAnswer => ({
  status: 200,
  data: null,
  errors: undefined,
  bytes: 10,
  ...answer,
})

/** A client of a subgraph that answers as it is told to. */
const createClient = (
  answer: AskInProcess,
  {
    timeoutMs = 2_000,
    isToldClientAddress = false,
  }: { timeoutMs?: number; isToldClientAddress?: boolean } = {},
) => {
  const changes = createChanges()
  const received: InProcessRequest[] = []
  const { ask } = createInProcessClient(
    {
      service: 'orders',
      url: 'http://127.0.0.1:1/graphql',
      isToldClientAddress,
      timeoutMs,
      signer: { sign: async () => 'a token' },
      changes,
      logger: createLogger('gateway', 'silent'),
    },
    request => {
      received.push(request)
      return answer(request)
    },
  )
  const failures: Failure[] = []
  return {
    changes,
    received,
    failures,
    ask: (query: string, context: Partial<ExecutionContext> = {}) =>
      ask(
        {
          document: { query, operationName: undefined, isMutation: query.startsWith('mutation'), head: '' },
          variablesText: () => '{}',
          variables: () => ({}),
        },
        { viewer: { kind: 'anonymous' }, failures, room: createAnswerRoom(1_000), ...context },
      ),
  }
}

const forbidden = {
  message: 'Not for you.',
  path: ['a', 0],
  extensions: { code: 'FORBIDDEN', stacktrace: ['at /srv'] },
}
const badInput = { message: 'Expected a colour.', extensions: { code: 'BAD_USER_INPUT' } }

it.each<[string, Partial<InProcessAnswer>, object]>([
  ['data', { data: { a: 1 } }, { data: { a: 1 } }],
  [
    'data and errors, which name the service and lose all but their codes',
    { data: { a: null }, errors: [forbidden] },
    {
      data: { a: null },
      errors: [
        { message: 'Not for you.', path: ['a', 0], extensions: { code: 'FORBIDDEN', service: 'orders' } },
      ],
    },
  ],
  [
    'a refusal of the input',
    { status: 400, errors: [badInput] },
    { data: null, errors: [{ ...badInput, extensions: { code: 'BAD_USER_INPUT', service: 'orders' } }] },
  ],
  [
    'SERVICE_UNAVAILABLE for a refusal of the document',
    { status: 400, errors: [{ ...badInput, extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } }] },
    { data: null, errors: [{ extensions: { code: 'SERVICE_UNAVAILABLE', service: 'orders' } }] },
  ],
  [
    'SERVICE_UNAVAILABLE for another status',
    { status: 403, data: { a: 1 } },
    { data: null, errors: [{ extensions: { code: 'SERVICE_UNAVAILABLE', service: 'orders' } }] },
  ],
  [
    'ANSWER_TOO_LARGE for what there is no room for',
    { data: { a: 1 }, bytes: 1_001 },
    { data: null, errors: [{ extensions: { code: 'ANSWER_TOO_LARGE' } }] },
  ],
])('answers %s', async (_what, given, expected) => {
  const { ask, failures } = createClient(async () => answerWith(given))
  expect(await ask('{ a }')).toMatchObject(expected)
  const isUnavailable = JSON.stringify(expected).includes('SERVICE_UNAVAILABLE')
  expect(failures).toHaveLength(isUnavailable ? 1 : 0)
})

it('answers SERVICE_UNAVAILABLE when the subgraph throws, and says why once', async () => {
  const { ask, failures } = createClient(() => Promise.reject(new Error('orders has stopped')))
  expect(await ask('{ a }')).toMatchObject({
    data: null,
    errors: [{ extensions: { code: 'SERVICE_UNAVAILABLE' } }],
  })
  expect(failures).toEqual([{ err: new Error('orders has stopped'), details: { subgraph: 'orders' } }])
})

it('gives a read SUBGRAPH_TIMEOUT_MS and a mutation 10 s, and tells the subgraph', async () => {
  const { ask, received } = createClient(() => new Promise(() => {}), { timeoutMs: 50 })
  const before = Date.now()
  void ask('mutation { a }')
  expect(await ask('{ a }')).toMatchObject({
    data: null,
    errors: [{ extensions: { code: 'SERVICE_TIMEOUT' } }],
  })
  const [write, read] = received.map(({ deadlineAtMs }) => deadlineAtMs - before)
  expect(read).toBeLessThan(5_000)
  expect(write).toBeGreaterThanOrEqual(10_000)
})

it('gives up a read whose client has gone, and says nothing of it, but no mutation', async () => {
  const written = Promise.withResolvers<InProcessAnswer>()
  const { ask, received, failures } = createClient(({ document }) =>
    document.query.startsWith('mutation') ? written.promise : new Promise(() => {}),
  )
  const gone = new AbortController()
  const read = ask('{ a }', { gone: gone.signal })
  const write = ask('mutation { a }', { gone: gone.signal })
  await vi.waitFor(() => expect(received).toHaveLength(2))
  expect(received.map(request => request.gone)).toEqual([gone.signal, undefined])
  gone.abort()
  expect(await read).toMatchObject({ data: null })
  written.resolve(answerWith({ data: { a: 1 } }))
  expect(await write).toMatchObject({ data: { a: 1 } })
  await ask('{ a }', { gone: gone.signal })
  expect(received).toHaveLength(2)
  expect(failures).toEqual([])
})

it('has 256 operations under way at most', async () => {
  const pending: (() => void)[] = []
  const { ask } = createClient(
    () => new Promise(resolve => pending.push(() => resolve(answerWith({ data: {} })))),
  )
  const answers = Array.from({ length: 300 }, () => ask('{ a }'))
  await vi.waitFor(() => expect(pending).toHaveLength(256))
  for (const resolve of pending.splice(0)) resolve()
  await vi.waitFor(() => expect(pending).toHaveLength(44))
  for (const resolve of pending.splice(0)) resolve()
  expect(await Promise.all(answers)).toMatchObject(answers.map(() => ({ data: {} })))
})

it.each([
  true,
  false,
])('tells the address of the client only to a subgraph that is to know it: %s', async isTold => {
  const { ask, received } = createClient(async () => answerWith({ data: {} }), {
    isToldClientAddress: isTold,
  })
  await ask('{ a }', { clientAddress: '192.0.2.7' })
  expect(received.map(({ clientAddress }) => clientAddress)).toEqual([isTold ? '192.0.2.7' : undefined])
})

it('lets no later read join one that began before a mutation had ended', async () => {
  const { ask, changes } = createClient(async () => answerWith({ data: {} }))
  await ask('{ a }')
  expect(changes.count()).toBe(0)
  await ask('mutation { a }')
  expect(changes.count()).toBe(1)
})

it('makes a mutation for whose answer there is no room', async () => {
  const { ask, received } = createClient(async () => answerWith({ data: { a: 1 } }))
  const room = createAnswerRoom(5)
  expect(await ask('mutation { a }', { room })).toMatchObject({
    errors: [{ extensions: { code: 'ANSWER_TOO_LARGE' } }],
  })
  expect(received).toHaveLength(1)
  expect(await ask('{ a }', { room })).toMatchObject({
    errors: [{ extensions: { code: 'ANSWER_TOO_LARGE' } }],
  })
  expect(received).toHaveLength(1)
})

it('takes no answer that comes past the deadline for one, as over HTTP it would not have come', async () => {
  const { ask } = createClient(
    async ({ deadlineAtMs }) => {
      while (Date.now() <= deadlineAtMs) await undefined
      return answerWith({ errors: [{ message: 'Internal server error' }] })
    },
    { timeoutMs: 20 },
  )
  expect(await ask('{ a }')).toMatchObject({
    data: null,
    errors: [{ extensions: { code: 'SERVICE_TIMEOUT', service: 'orders' } }],
  })
})
