import { hash } from 'node:crypto'
import { expect, it } from 'vitest'
import { startGatewayUnderTest } from './gateway-under-test.ts'

const recorded = 'query Who { whoAsksProducts }'
const subscription = 'subscription Prices { priceChanged(productId: "1") { amountMinor } }'
const introspection = 'query Types { __schema { queryType { name } } }'
const byHash = (query: string) => ({ persistedQuery: { version: 1, sha256Hash: hash('sha256', query) } })

const start = async (
  settings: Readonly<Record<string, string>> = {},
  documents = [recorded, subscription],
) => {
  const gateway = await startGatewayUnderTest(
    { TRUSTED_DOCUMENTS_ONLY: 'true', ...settings },
    undefined,
    documents,
  )
  const ask = async (body: object) => {
    const response = await fetch(`${gateway.origin}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
    return { status: response.status, body: await response.json() }
  }
  /** What a socket answers to an operation first. */
  const onSocket = async (payload: object) => {
    const { messages, send, close } = await gateway.rawSocket()
    send({ type: 'connection_init' })
    await expect.poll(() => messages).toHaveLength(1)
    send({ id: '1', type: 'subscribe', payload })
    await expect.poll(() => messages.length).toBeGreaterThan(1)
    close()
    return messages[1]
  }
  return { ...gateway, ask, onSocket }
}

const answered = { data: { whoAsksProducts: 'anonymous' } }

it('runs a recorded operation by its text and by its hash, as often as it comes', async () => {
  const { ask, onSocket, origin } = await start()
  for (const body of [{ query: recorded }, { extensions: byHash(recorded) }])
    for (const _time of [1, 2]) expect(await ask(body)).toEqual({ status: 200, body: answered })
  for (const payload of [{ query: recorded }, { query: '', extensions: byHash(recorded) }])
    expect(await onSocket(payload)).toEqual({ id: '1', type: 'next', payload: answered })
  const search = new URLSearchParams({ extensions: JSON.stringify(byHash(recorded)) })
  const got = await fetch(`${origin}/graphql?${search}`, { headers: { 'apollo-require-preflight': '1' } })
  expect(await got.json()).toEqual(answered)
})

it('runs a recorded operation by its hash as server-sent events, and no other', async () => {
  const { origin, products } = await start()
  const stream = async (body: object) => {
    const response = await fetch(`${origin}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'text/event-stream' },
      body: JSON.stringify(body),
    })
    return response.text()
  }
  expect(await stream({ extensions: byHash(recorded) })).toContain(JSON.stringify(answered))
  expect(products.received).toHaveLength(1)
  expect(await stream({ query: '{ whoAsksProducts }' })).toContain('QUERY_NOT_IN_SAFELIST')
  expect(await stream({ extensions: byHash('{ whoAsksProducts }') })).toContain('PERSISTED_QUERY_NOT_IN_LIST')
  expect(products.received).toHaveLength(1)
})

it('refuses every other operation before it is parsed, and never asks a subgraph', async () => {
  const { ask, onSocket, origin, products } = await start()
  const cases = [
    [{ query: '{ whoAsksProducts }' }, 403, 'QUERY_NOT_IN_SAFELIST'],
    [{ query: `${recorded} # more` }, 403, 'QUERY_NOT_IN_SAFELIST'],
    [{ query: '{{{' }, 403, 'QUERY_NOT_IN_SAFELIST'],
    [{ query: introspection }, 403, 'QUERY_NOT_IN_SAFELIST'],
    [{ query: 'subscription { refusedChanges { amountMinor } }' }, 403, 'QUERY_NOT_IN_SAFELIST'],
    [
      { query: '{ whoAsksProducts }', extensions: byHash('{ whoAsksProducts }') },
      403,
      'QUERY_NOT_IN_SAFELIST',
    ],
    [{ query: '', extensions: byHash('{ whoAsksProducts }') }, 404, 'PERSISTED_QUERY_NOT_IN_LIST'],
    [
      { query: '', extensions: { persistedQuery: { version: 1, sha256Hash: '__proto__' } } },
      404,
      'PERSISTED_QUERY_NOT_IN_LIST',
    ],
  ] as const
  for (const [{ query, ...rest }, status, code] of cases) {
    const refusal = [expect.objectContaining({ extensions: expect.objectContaining({ code }) })]
    const body = query === '' ? rest : { query, ...rest }
    expect(await ask(body)).toEqual({ status, body: { errors: refusal } })
    expect(await onSocket({ query, ...rest })).toEqual({ id: '1', type: 'error', payload: refusal })
    const search = new URLSearchParams(
      Object.entries(body).map(([name, value]) => [
        name,
        typeof value === 'string' ? value : JSON.stringify(value),
      ]),
    )
    const got = await fetch(`${origin}/graphql?${search}`, { headers: { 'apollo-require-preflight': '1' } })
    expect({ status: got.status, body: await got.json() }).toEqual({ status, body: { errors: refusal } })
  }
  expect(products.received).toEqual([])
})

it('starts a recorded subscription by its hash, and no other', async () => {
  const { feed, rawSocket } = await start()
  const { messages, send } = await rawSocket()
  send({ type: 'connection_init' })
  await expect.poll(() => messages).toHaveLength(1)
  send({ id: '1', type: 'subscribe', payload: { query: '', extensions: byHash(subscription) } })
  await expect.poll(() => feed.listeners('1')).toBe(1)
})

it('introspects by a recorded operation, in production too, and by no other', async () => {
  const { ask } = await start({ NODE_ENV: 'production' }, [introspection])
  expect((await ask({ query: introspection })).body).toEqual({
    data: { __schema: { queryType: { name: 'Query' } } },
  })
  expect((await ask({ query: '{ __schema { queryType { name } } }' })).status).toBe(403)
})

it('lets every document run that is within the limits if it is not told otherwise', async () => {
  const { ask } = await start({ TRUSTED_DOCUMENTS_ONLY: 'false' })
  expect((await ask({ query: '{ whoAsksProducts }' })).body).toEqual(answered)
})
