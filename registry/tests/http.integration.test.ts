import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { sendRaw } from '../../testbed/raw-http.ts'
import { startTestRegistry } from './registry-under-test.ts'

describe('the registry over HTTP', () => {
  let registry: Awaited<ReturnType<typeof startTestRegistry>>
  beforeAll(async () => {
    registry = await startTestRegistry(undefined)
  })
  afterAll(() => registry.stop())

  const ask = async (
    headers: Readonly<Record<string, string>>,
    body: string = '{"query":"{ me { id } }"}',
  ) => {
    const response = await fetch(`${registry.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body,
    })
    return { status: response.status, answer: await response.json() }
  }
  const refusal = (code: string, message: string) => ({
    errors: [
      expect.objectContaining({
        message: expect.stringContaining(message),
        extensions: expect.objectContaining({ code }),
      }),
    ],
  })

  it.each([
    ['x-api-key', (key: string) => ({ 'x-api-key': key })],
    ['a bearer token', (key: string) => ({ authorization: `Bearer ${key}` })],
  ])('takes the key as %s', async (_title, headersOf) => {
    expect(await ask(headersOf(registry.key))).toEqual({
      status: 200,
      answer: { data: { me: { id: 'shop' } } },
    })
  })

  it.each([
    ['no key', {}, 'send a key of the graph'],
    ['a wrong key', { 'x-api-key': 'service:shop:wrong' }, 'the registry does not know this key'],
    ['a hash in place of a key', { 'x-api-key': 'a'.repeat(64) }, 'the registry does not know this key'],
  ])('answers 401 and a GraphQL error to a stranger with %s', async (_title, headers, message) => {
    expect(await ask(headers)).toEqual({ status: 401, answer: refusal('UNAUTHENTICATED', message) })
  })

  it('answers the same with 200 to rover, which repeats for 30 s what has another status, and does not show it', async () => {
    expect(await ask({ 'apollographql-client-name': 'rover-client' })).toEqual({
      status: 200,
      answer: {
        ...refusal('UNAUTHENTICATED', 'send a key of the graph'),
        data: { graph: null, variant: null, me: null, frontendUrlRoot: registry.url },
      },
    })
  })

  it.each([
    ['no JSON', '{', 400, 'BAD_REQUEST', 'not JSON'],
    ['no query', '{}', 400, 'BAD_REQUEST', 'Send {"query"'],
    ['no GraphQL', '{"query":"{"}', 200, 'BAD_USER_INPUT', 'Syntax Error'],
    ['a field that is not there', '{"query":"{ shop }"}', 200, 'BAD_USER_INPUT', 'Cannot query field "shop"'],
    [
      'a document without end',
      JSON.stringify({ query: `{ ${'me { id } '.repeat(2_000)} }` }),
      200,
      'BAD_USER_INPUT',
      'token',
    ],
  ])('refuses %s', async (_title, body, status, code, message) => {
    expect(await ask({ 'x-api-key': registry.key }, body)).toEqual({ status, answer: refusal(code, message) })
  })

  it('refuses a body of more than 8 MB', async () => {
    const body = JSON.stringify({ query: '{ me { id } }', variables: { a: 'x'.repeat(9 * 1024 * 1024) } })
    expect(await ask({ 'x-api-key': registry.key }, body)).toEqual({
      status: 413,
      answer: refusal('BAD_REQUEST', 'larger than 8388608 bytes'),
    })
  })

  it.each([
    ['with 401 a stranger', {}, 401],
    ['with 401 a wrong key', { 'x-api-key': 'service:shop:wrong' }, 401],
    [
      'a rover with a wrong key',
      { 'x-api-key': 'service:shop:wrong', 'apollographql-client-name': 'rover-client' },
      200,
    ],
  ])('refuses %s before the body has come', async (_title, headers, status) => {
    const lines = Object.entries({ host: '127.0.0.1', 'content-length': String(8 * 1024 * 1024), ...headers })
    const head = ['POST /graphql HTTP/1.1', ...lines.map(([name, value]) => `${name}: ${value}`)]
    const answer = await sendRaw(Number(new URL(registry.url).port), [
      `${head.join('\r\n')}\r\n\r\n{"query":`,
    ])
    expect(answer.status).toBe(status)
    expect(answer.body).toContain('UNAUTHENTICATED')
  })

  const publishing = (fields: Readonly<Record<string, unknown>>) =>
    JSON.stringify({
      query: `mutation ($id: ID!, $sdl: PartialSchemaInput!, $url: String, $git: GitContextInput) {
        graph(id: $id) { publishSubgraph(name: "a", url: $url, revision: "", activePartialSchema: $sdl, graphVariant: "nul", gitContext: $git) { wasCreated } }
      }`,
      variables: { id: 'shop', sdl: { sdl: 'type Query { a: Int }' }, url: 'http://a', git: {}, ...fields },
    })
  const recording = (operation: Readonly<Record<string, unknown>>) =>
    JSON.stringify({
      query: `mutation ($operations: [PersistedQueryInput!]) {
        graph(id: "shop") { persistedQueryList(id: "operations") { publishOperations(operations: $operations) { __typename } } }
      }`,
      variables: { operations: [{ id: 'a', name: 'A', body: '{ a }', ...operation }] },
    })
  const checking = (input: Readonly<Record<string, unknown>>) =>
    JSON.stringify({
      query: `mutation ($input: SubgraphCheckAsyncInput!) {
        graph(id: "shop") { variant(name: "checked") { submitSubgraphCheckAsync(input: $input) { __typename } } }
      }`,
      variables: { input: { subgraphName: 'a', proposedSchema: 'type Query { a: Int }', ...input } },
    })

  it.each([
    [
      'a schema',
      publishing({ sdl: { sdl: '"""a \0"""\ntype Query { a: Int }' } }),
      'NUL character in line 1',
    ],
    ['an address', publishing({ url: 'http://a/\0' }), 'NUL character'],
    ["a change's message", publishing({ git: { message: 'a \0' } }), 'NUL character'],
    ["a change's author", publishing({ git: { committer: 'a \0' } }), 'NUL character'],
    ["an operation's id", recording({ id: 'a\0' }), 'NUL character'],
    ["an operation's name", recording({ name: 'a\0' }), 'NUL character'],
    ["an operation's text", recording({ body: '# \0\n{ a }' }), 'NUL character in line 1'],
    [
      "an operation's id that no index takes",
      recording({ id: randomBytes(5_000).toString('hex') }),
      '500 characters',
    ],
    [
      'a proposed schema',
      checking({ proposedSchema: '"""a\n\0"""type Query { a: Int }' }),
      'NUL character in line 2',
    ],
    ["a proposed subgraph's name", checking({ subgraphName: 'a\0' }), "can't be a subgraph's name"],
  ])('refuses %s that can not be kept', async (_title, body, message) => {
    await registry.changes.publish(
      { graph: 'shop', variant: 'checked' },
      { name: 'a', url: 'http://a', sdl: 'type Query { a: Int }' },
      { author: 'ada', message: '' },
    )
    const { answer } = await ask({ 'x-api-key': registry.key }, body)
    expect(answer).toMatchObject(refusal('BAD_USER_INPUT', message))
  })

  it('refuses a request that asks for the same again and again under other names', async () => {
    const query = (count: number) =>
      `{ ${Array.from({ length: count }, (_, index) => `a${index}: me { id }`).join(' ')} }`
    const headers = { 'x-api-key': registry.key }
    expect((await ask(headers, JSON.stringify({ query: query(4) }))).answer).not.toHaveProperty('errors')
    expect((await ask(headers, JSON.stringify({ query: query(5) }))).answer).toEqual(
      refusal('BAD_USER_INPUT', 'more than 4 aliases'),
    )
  })

  it('answers 503 while its database is away, to rover too, which then repeats', async () => {
    const limitConnections = (limit: number) =>
      registry.database.query(
        `do $$ begin execute format('alter database %I connection limit ${limit}', current_database()); end $$`,
      )
    await limitConnections(0)
    await registry.database.query(
      'select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()',
    )
    const headers = { 'x-api-key': registry.key, 'apollographql-client-name': 'rover-client' }
    await vi.waitFor(async () =>
      expect(await ask(headers)).toEqual({
        status: 503,
        answer: refusal('SERVICE_UNAVAILABLE', 'database is away'),
      }),
    )
    await limitConnections(-1)
    await vi.waitFor(async () => expect((await ask(headers)).status).toBe(200))
  })

  it('keeps no key, but its hash', async () => {
    const kept = JSON.stringify(await registry.database.query('select * from keys'))
    expect(kept).toContain('admin')
    expect(kept).not.toContain(registry.key.split(':')[2])
  })

  it('says that it is ready', async () => {
    const health = await fetch(`${registry.url}/health/ready`)
    expect([health.status, await health.json()]).toEqual([200, expect.objectContaining({ status: 'ready' })])
    expect((await fetch(`${registry.url}/nothing`)).status).toBe(404)
  })
})
