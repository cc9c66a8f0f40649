import { ApolloServer } from '@apollo/server'
import { NobodyWaits, throwIfNobodyWaits } from '@supergraph/runtime/caller.ts'
import type { Viewer } from '@supergraph/runtime/identity.ts'
import { runInTrace } from '@supergraph/runtime/trace-context.ts'
import { expect, it, onTestFinished, vi } from 'vitest'
import type { InProcessRequest } from '../in-process.ts'
import { startLibrary } from './library.ts'

type Asked = {
  readonly query: string
  readonly variables?: Readonly<Record<string, unknown>>
  readonly operationName?: string
  readonly viewer?: Viewer
  readonly address?: string
  /** Apollo Server reads it the second time, too. */
  readonly isIrregular?: true
  /** The answer can't be written as JSON. */
  readonly isUnusable?: true
}

const anonymous = { kind: 'anonymous' } as const satisfies Viewer
const ada = {
  kind: 'user',
  id: 'ada',
  scopes: ['orders:read', 'catalog:write'],
  sessionId: 'session 1',
} as const satisfies Viewer

const book = 'id isbn title genre printedAt price rating'
const entities = (representations: readonly object[], selection = `... on Book { ${book} }`): Asked => ({
  query: `query ($representations: [_Any!]!) { _entities(representations: $representations) { ${selection} } }`,
  variables: { representations: representations.map(each => ({ __typename: 'Book', ...each })) },
})
const several = 'query A { whoAsks } query B { book(id: "1") { id } }'
const published = (type: string, argument: string, value: unknown): Asked => ({
  query: `query ($value: ${type}) { published(${argument}: $value) }`,
  variables: { value },
})

const cases: Readonly<Record<string, Asked>> = {
  'lists, nulls, enums, instants and large numbers': {
    query: `{ books(first: 4) { ${book} related { ${book} } readable { __typename title } } }`,
  },
  aliases: { query: '{ __proto__: book(id: "1") { toJSON: title constructor: id } }' },
  'what a scalar passes on': { query: '{ anything }' },
  'fragments and directives': {
    query:
      'query ($no: Boolean!) { book(id: "1") { ...F id @include(if: $no) } } fragment F on Book { title }',
    variables: { no: false },
  },
  'a default of a variable': { query: 'query ($n: Int = 1) { books(first: $n) { id } }' },
  'one operation of several': { query: several, operationName: 'B' },
  'no name where there are several': { query: several, isIrregular: true },
  'a name that is not there': { query: several, operationName: 'C', isIrregular: true },
  'a mutation': { query: 'mutation { rename(id: "1", title: "x") { id title } }' },
  'a mutation that fails': { query: 'mutation { fail }' },
  'nobody who asks': { query: '{ whoAsks mine }' },
  'a user who asks': { query: '{ whoAsks mine }', viewer: ada, address: '192.0.2.7' },
  'scopes that are none': { query: '{ whoAsks }', viewer: { ...ada, scopes: ['', 'a b'] } },
  'an address that is none': { query: '{ whoAsks }', address: '' },
  'an error that is hidden': { query: '{ broken book(id: "1") { id broken } }' },
  'a null that is not allowed': { query: '{ book(id: "1") { id missing } }' },
  'no data at all': { query: '{ forbidden }' },
  'an error with a status': { query: '{ teapot }' },
  'an error with an odd code': { query: '{ odd }' },
  'a hundred errors and more': { query: '{ brokenBooks(count: 150) { id } }' },
  'a value that is no JSON': { query: '{ unprintable }', isUnusable: true },
  'entities, equal ones and unknown ones': entities([
    { id: '1' },
    { id: '404' },
    { id: '1' },
    { isbn: 'isbn 2' },
  ]),
  'an entity that fails': entities([{ id: '500' }, { id: '1' }]),
  'a key that is null': entities([{ id: null, isbn: 'isbn 3' }]),
  'an entity of no type': entities([{ __typename: 'Ghost', id: '1' }]),
  'an entity without a type': entities([{ __typename: undefined, id: '1' }]),
  'no entities': entities([]),
  'a hundred entities and more': entities(Array.from({ length: 150 }, (_, id) => ({ id: String(id) }))),
  'a day': published('Date', 'on', '2026-03-01'),
  'a day that is none': published('Date', 'on', '2026-02-30'),
  'a day that is none, in the document': { query: '{ published(on: "2026-02-30") }', isIrregular: true },
  'an instant that is none': published('DateTime', 'at', 7),
  'an int for an amount': published('Int', 'price', 7),
  'a large int for an amount': published('Int', 'price', Number.MAX_SAFE_INTEGER),
  'a null for an input': published('Where', 'in', null),
  'an input': published('Where', 'in', { city: 'Rome', storeys: 1 }),
  'an input with a bad value': published('Where', 'in', { city: { secret: 'hunter2' } }),
  'an input with too much': published('Where', 'in', { city: 'Rome', zip: 'hunter2' }),
  'no value for a variable': { query: 'query ($id: ID!) { book(id: $id) { id } }' },
  'a number for an id': { query: 'query ($id: ID!) { book(id: $id) { id } }', variables: { id: 7 } },
  'no GraphQL': { query: '{', isIrregular: true },
  nothing: { query: '', isIrregular: true },
  'a field that is not there': { query: '{ secrets }', isIrregular: true },
  introspection: { query: '{ __schema { types { name } } }', isIrregular: true },
  'the type of the root': { query: '{ __typename }' },
  'the schema of the subgraph': { query: '{ _service { sdl } }' },
}

/** The HTTP answer as a value, and the headers that say what it is. */
const overHttp = async (
  { post }: Library,
  { viewer = anonymous, address, isIrregular: _, ...body }: Asked,
) => {
  const response = await post(body, viewer, { address })
  const { headers, status } = response
  return {
    status,
    type: headers.get('content-type'),
    cacheControl: headers.get('cache-control'),
    body: JSON.parse(await response.text()),
  }
}

const requestOf = (
  { query, operationName, variables = {}, viewer = anonymous, address }: Asked,
  others: Partial<InProcessRequest> = {},
): InProcessRequest => ({
  document: { query, operationName },
  variables: JSON.parse(JSON.stringify(variables)),
  viewer,
  clientAddress: address,
  deadlineAtMs: Date.now() + 10_000,
  gone: undefined,
  ...others,
})

type Library = Awaited<ReturnType<typeof startLibrary>>

/** Counts how often Apollo Server reads an operation. */
const spyOnApollo = () => {
  const spies = [
    vi.spyOn(ApolloServer.prototype, 'executeHTTPGraphQLRequest'),
    vi.spyOn(ApolloServer.prototype, 'executeOperation'),
  ]
  onTestFinished(() => {
    for (const spy of spies) spy.mockRestore()
  })
  return () => spies.reduce((sum, { mock }) => sum + mock.calls.length, 0)
}

it.for(
  Object.entries(cases),
)('answers %s over HTTP the second time as the first, when Apollo Server read it', async ([, asked]) => {
  const calls = spyOnApollo()
  const library = await startLibrary()
  const cold = await overHttp(library, asked)
  const logged = library.logged()
  expect(await overHttp(library, asked)).toEqual(cold)
  // n.b. Apollo Server does not log why it could not write an answer
  if (!asked.isUnusable) expect(library.logged()).toEqual([...logged, ...logged])
  expect(calls()).toBe(asked.isIrregular ? 2 : 1)
})

it.for(Object.entries(cases))('answers %s in the same process as over HTTP', async ([, asked]) => {
  const library = await startLibrary()
  const http = await overHttp(library, asked)
  const logged = library.logged()
  const calls = spyOnApollo()
  const { askInProcess, logged: loggedDirectly } = await startLibrary()
  for (const times of [1, 2]) {
    if (asked.isUnusable) {
      await expect(askInProcess(requestOf(asked))).rejects.toThrow('BigInt')
      continue
    }
    const { status, bytes: _, ...answer } = await askInProcess(requestOf(asked))
    expect(status).toBe(http.status)
    expect(JSON.parse(JSON.stringify(answer))).toEqual({ data: null, ...http.body })
    expect(loggedDirectly()).toEqual(Array.from({ length: times }, () => logged).flat())
  }
  expect(calls()).toBe(asked.isIrregular ? 2 : 1)
})

it('answers with values that are JSON already and that nobody else has', async () => {
  const { askInProcess } = await startLibrary()
  const asked = { query: `{ anything books(first: 3) { ${book} readable { title } related { id } } }` }
  const { data } = await askInProcess(requestOf(asked))
  expect(data).toStrictEqual(JSON.parse(JSON.stringify(data)))
  for (const copy of [data?.anything, data?.books]) change(copy)
  const again = await askInProcess(requestOf(asked))
  expect(JSON.stringify(again.data)).not.toContain('changed')
})

/** Changes all that can be changed in a value. */
const change = (value: unknown): void => {
  if (typeof value !== 'object' || value === null) return
  for (const [key, item] of Object.entries(value)) {
    change(item)
    Reflect.set(value, key, 'changed')
  }
}

it('takes about as many bytes for an answer as its JSON text has', async () => {
  const { askInProcess } = await startLibrary()
  const { data, bytes } = await askInProcess(requestOf({ query: `{ books(first: 100) { ${book} } }` }))
  const { length } = JSON.stringify(data)
  expect(bytes).toBeGreaterThan(length * 0.8)
  expect(bytes).toBeLessThan(length * 1.2)
})

it('runs requests that are under way at the same time for their own viewers and addresses', async () => {
  const { askInProcess } = await startLibrary()
  const viewers = Array.from({ length: 50 }, (_, index): Viewer => {
    if (index % 3 === 0) return anonymous
    return { ...ada, id: `user ${index}`, scopes: [`scope:${index}`], sessionId: `session ${index}` }
  })
  const document = { query: '{ whoAsks }', operationName: undefined }
  const asked = viewers.map((viewer, index) =>
    askInProcess({
      ...requestOf({ query: document.query, viewer }),
      document,
      clientAddress: index % 2 === 0 ? `192.0.2.${index}` : undefined,
    }),
  )
  for (const [index, { data }] of (await Promise.all(asked)).entries()) {
    expect(JSON.parse(String(data?.whoAsks))).toEqual({
      viewer: viewers[index],
      ...(index % 2 === 0 && { clientAddress: `192.0.2.${index}` }),
    })
  }
})

it('takes nobody for a service', async () => {
  const { askInProcess } = await startLibrary()
  const viewer = { kind: 'service', name: 'orders', scopes: ['stock'] } as const
  const { data } = await askInProcess(requestOf({ query: '{ whoAsks }', viewer }))
  expect(JSON.parse(String(data?.whoAsks))).toEqual({ viewer: anonymous })
})

it('goes on with the trace of who asks', async () => {
  const { askInProcess } = await startLibrary()
  const traceId = 'a'.repeat(32)
  const { data } = await runInTrace(`00-${traceId}-${'b'.repeat(16)}-01`, () =>
    askInProcess(requestOf({ query: '{ trace }' })),
  )
  expect(data).toEqual({ trace: traceId })
})

it.each([
  'the client has gone',
  'the deadline is over',
])('begins nothing more of a read when %s', async why => {
  const gone = new AbortController()
  const begun = Promise.withResolvers<void>()
  const goesOn = Promise.withResolvers<void>()
  const stopped = vi.fn()
  const { askInProcess, logged } = await startLibrary({
    hangs: async () => {
      begun.resolve()
      await goesOn.promise
      try {
        throwIfNobodyWaits()
      } catch (error) {
        stopped(error)
        throw error
      }
    },
  })
  const isGone = why === 'the client has gone'
  const deadlineAtMs = isGone ? Date.now() + 60_000 : Date.now()
  const answer = askInProcess(requestOf({ query: '{ hangs }' }, { gone: gone.signal, deadlineAtMs }))
  await begun.promise
  if (isGone) gone.abort()
  goesOn.resolve()
  expect(await answer).toMatchObject({ data: { hangs: null } })
  expect(stopped).toHaveBeenCalledWith(expect.any(NobodyWaits))
  expect(logged()).toEqual([])
})

it('stops when what is under way has ended, and takes nothing more', async () => {
  const begun = Promise.withResolvers<void>()
  const goesOn = Promise.withResolvers<string>()
  const { askInProcess, stop } = await startLibrary({
    hangs: () => {
      begun.resolve()
      return goesOn.promise
    },
  })
  const answer = askInProcess(requestOf({ query: '{ hangs }' }))
  await begun.promise
  const stopped = vi.fn()
  const stopping = stop().then(stopped)
  await expect(askInProcess(requestOf({ query: '{ whoAsks }' }))).rejects.toThrow('library has stopped')
  expect(stopped).not.toHaveBeenCalled()
  goesOn.resolve('done')
  expect(await answer).toMatchObject({ data: { hangs: 'done' } })
  await stopping
})

it('keeps services to a hundred entities over HTTP, also for a document that is known', async () => {
  const library = await startLibrary()
  const asked = entities(Array.from({ length: 101 }, (_, id) => ({ id: String(id) })))
  expect(await overHttp(library, asked)).toMatchObject({ status: 200, body: { data: {} } })
  const viewer = { kind: 'service', name: 'orders', scopes: [] } as const
  const response = await library.post(asked, viewer, { by: 'orders' })
  expect(await response.json()).toMatchObject({ errors: [{ extensions: { code: 'BAD_USER_INPUT' } }] })
})
