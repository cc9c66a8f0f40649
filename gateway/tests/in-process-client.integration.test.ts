import type { Failure } from '@supergraph/runtime/failure-log.ts'
import { LoadLimit } from '@supergraph/runtime/load/load-limit.ts'
import { createLogger } from '@supergraph/runtime/logger.ts'
import type { AskInProcess, InProcessAnswer, InProcessRequest } from '@supergraph/subgraph/in-process.ts'
import { expect, it, vi } from 'vitest'
import { createAnswerRoom } from '../subgraphs/answer-room.ts'
import type { ExecutionContext, FetchDocument } from '../subgraphs/call.ts'
import { createChanges } from '../subgraphs/changes.ts'
import { executionContext } from '../subgraphs/context.fixture.ts'
import { createInProcessClient } from '../subgraphs/in-process-client.ts'
import type { Told } from '../subgraphs/subgraphs.ts'

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
    told = { mutations: [], reads: [] },
    load = new LoadLimit({ targetMs: 50, loweredMs: 50, windowMs: 100, samples: 10 }),
  }: { timeoutMs?: number; told?: Told; load?: Pick<LoadLimit, 'waited'> } = {},
) => {
  const changes = createChanges()
  const received: InProcessRequest[] = []
  const { ask } = createInProcessClient(
    {
      service: 'orders',
      url: 'http://127.0.0.1:1/graphql',
      told,
      timeoutMs,
      signer: { sign: async () => 'a token', signOnce: async () => 'a token' },
      changes,
      load,
      logger: createLogger('gateway', 'silent'),
    },
    request => {
      received.push(request)
      return answer(request)
    },
  )
  const failures: Failure[] = []
  const documents = new Map<string, FetchDocument>()
  const documentOf = (query: string): FetchDocument => {
    const isMutation = query.startsWith('mutation')
    const document = documents.get(query) ?? { query, operationName: undefined, isMutation, head: '' }
    documents.set(query, document)
    return document
  }
  return {
    changes,
    received,
    failures,
    ask: (query: string, context: Partial<ExecutionContext> = {}, variables = {}) =>
      ask(
        {
          document: documentOf(query),
          variablesText: () => JSON.stringify(variables),
          variables: () => variables,
        },
        executionContext({ failures, room: createAnswerRoom(1_000), ...context }),
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
  expect(received.map(request => request.gone?.aborted)).toEqual([false, undefined])
  gone.abort()
  expect(await read).toMatchObject({ data: null })
  expect(received.map(request => request.gone?.aborted)).toEqual([true, undefined])
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
  const answers = Array.from({ length: 300 }, (_, index) => ask('{ a }', {}, { index }))
  await vi.waitFor(() => expect(pending).toHaveLength(256))
  for (const resolve of pending.splice(0)) resolve()
  await vi.waitFor(() => expect(pending).toHaveLength(44))
  for (const resolve of pending.splice(0)) resolve()
  expect(await Promise.all(answers)).toMatchObject(answers.map(() => ({ data: {} })))
})

it('tells a subgraph of the client only what it is to know of it, with mutations or with reads', async () => {
  const { ask, received } = createClient(async () => answerWith({ data: {} }), {
    told: { mutations: ['client-address', 'client-device'], reads: ['client-address'] },
  })
  const client = { clientAddress: '192.0.2.7', clientDevice: 'Firefox on Windows' }
  for (const query of ['{ a }', 'mutation { a }']) await ask(query, client)
  expect(received).toMatchObject([{ ...client, clientDevice: undefined }, client])
  const others = createClient(async () => answerWith({ data: {} }))
  for (const query of ['{ a }', 'mutation { a }']) await others.ask(query, client)
  for (const request of others.received)
    expect(request).toMatchObject({ clientAddress: undefined, clientDevice: undefined })
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

const ada = { kind: 'user', id: 'ada', scopes: ['orders:read'], sessionId: 's1' } as const

/** A client of a subgraph that answers all it has received when it is told to. */
const createWaiting = (told?: Told) => {
  const pending: ((answer: InProcessAnswer) => void)[] = []
  const client = createClient(() => new Promise(resolve => pending.push(resolve)), told && { told })
  const answerAll = () => {
    for (const answer of pending.splice(0)) answer(answerWith({ data: { orders: [{ id: '1' }] } }))
  }
  return { ...client, answerAll }
}

it('asks once for equal reads, and gives each who asked an answer of their own', async () => {
  const { ask, received, answerAll } = createWaiting()
  const answers = Promise.all(Array.from({ length: 20 }, () => ask('{ orders }', { viewer: { ...ada } })))
  answerAll()
  const [first, ...others] = await answers
  Object.assign(first?.data ?? {}, { orders: 'changed' })
  for (const { data } of others) expect(data).toEqual({ orders: [{ id: '1' }] })
  expect(received).toHaveLength(1)
})

it.each<[string, Partial<ExecutionContext>, object]>([
  ['another user', { viewer: { ...ada, id: 'grace' } }, {}],
  ['another session of the user', { viewer: { ...ada, sessionId: 's2' } }, {}],
  ['other scopes', { viewer: { ...ada, scopes: [] } }, {}],
  ['nobody who is known', { viewer: { kind: 'anonymous' } }, {}],
  ['another address', { viewer: ada, clientAddress: '192.0.2.2' }, {}],
  ['another device', { viewer: ada, clientDevice: 'Firefox on Windows' }, {}],
  ['other variables', { viewer: ada }, { first: 2 }],
])('does not share a read with %s', async (_, other, variables) => {
  const { ask, received, answerAll } = createWaiting({
    mutations: [],
    reads: ['client-address', 'client-device'],
  })
  const context = { viewer: ada, clientAddress: '192.0.2.1' }
  const answers = [ask('{ orders }', context), ask('{ orders }', { ...context, ...other }, variables)]
  expect(received).toHaveLength(2)
  answerAll()
  await Promise.all(answers)
})

it('lets nobody join a read that began before a mutation ended, nor one that is over', async () => {
  const { ask, received, answerAll } = createWaiting()
  const before = ask('{ orders }')
  const written = [ask('mutation { placed }'), ask('mutation { placed }')]
  expect(received).toHaveLength(3)
  answerAll()
  await Promise.all([before, ...written])
  const again = ask('{ orders }')
  expect(received).toHaveLength(4)
  const other = ask('mutation { placed }')
  answerAll()
  await Promise.all([again, other])
})

it('goes on with a read while one waits for it, and gives it up when the last one has gone', async () => {
  const { ask, received, failures, answerAll } = createWaiting()
  const [first, second] = [new AbortController(), new AbortController()]
  const left = ask('{ orders }', { gone: first.signal })
  const stays = ask('{ orders }')
  first.abort()
  expect(await left).toMatchObject({ data: null })
  answerAll()
  expect(await stays).toMatchObject({ data: { orders: [{ id: '1' }] } })
  expect(received.map(({ gone }) => gone?.aborted)).toEqual([false])
  const alone = ask('{ orders }', { gone: second.signal })
  second.abort()
  expect(await alone).toMatchObject({ data: null })
  expect(received.map(({ gone }) => gone?.aborted)).toEqual([false, true])
  const next = ask('{ orders }')
  expect(received).toHaveLength(3)
  answerAll()
  expect(await next).toMatchObject({ data: { orders: [{ id: '1' }] } })
  expect(failures).toEqual([])
})

it('gives each the room that they have', async () => {
  const { ask, answerAll } = createWaiting()
  const answers = Promise.all([ask('{ orders }', { room: createAnswerRoom(5) }), ask('{ orders }')])
  answerAll()
  expect(await answers).toMatchObject([
    { data: null, errors: [{ extensions: { code: 'ANSWER_TOO_LARGE' } }] },
    { data: { orders: [{ id: '1' }] } },
  ])
})

it('tells for how long reads wait, but not those that end with errors', async () => {
  const waited = vi.fn<LoadLimit['waited']>()
  const answers = [
    ...Array.from({ length: 6 }, () => ({ data: { a: 1 } })),
    { errors: [forbidden] },
    { status: 403 },
  ]
  const { ask } = createClient(async () => answerWith(answers.shift() ?? {}), { load: { waited } })
  for (let count = 0; count < 8; count += 1) await ask('{ a }')
  expect(answers).toEqual([])
  expect(waited).toHaveBeenCalledOnce()
})
