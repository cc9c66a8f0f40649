import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
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
