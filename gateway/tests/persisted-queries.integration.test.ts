import { createHash } from 'node:crypto'
import { expect, it } from 'vitest'
import { parseAnswer, startGatewayUnderTest } from './gateway-under-test.ts'

const query = '{ whoAsksProducts }'
const sha256Hash = createHash('sha256').update(query).digest('hex')
const otherHash = sha256Hash.replace(/^./, first => (first === '0' ? '1' : '0'))

it.for([
  ['the hash of another query', { version: 1, sha256Hash: otherHash }, /is not the SHA-256 of the query/],
  ['the hash in capitals', { version: 1, sha256Hash: sha256Hash.toUpperCase() }, /is not the SHA-256/],
  ['a hash of 100 KB', { version: 1, sha256Hash: 'a'.repeat(100_000) }, /is not the SHA-256/],
  ['a hash that is no text', { version: 1, sha256Hash: 7 }, /is not the SHA-256/],
  ['no hash', { version: 1 }, /is not the SHA-256/],
  ['another version', { version: 2, sha256Hash }, /version can only be 1/],
  ['no version', { sha256Hash }, /version can only be 1/],
  ['a text', 'yes', /version can only be 1/],
] as const)('blames the client for a persisted query with %s', async ([, persistedQuery, message]) => {
  const { origin, products, rawSocket } = await startGatewayUnderTest()
  const payload = { query, extensions: { persistedQuery } }
  const response = await fetch(`${origin}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(payload),
  })
  const refusal = [{ message: expect.stringMatching(message), extensions: { code: 'BAD_REQUEST' } }]
  expect({ status: response.status, body: parseAnswer(await response.text()) }).toEqual({
    status: 400,
    body: { errors: refusal },
  })

  const { messages, send } = await rawSocket()
  send({ type: 'connection_init' })
  await expect.poll(() => messages).toHaveLength(1)
  send({ id: '1', type: 'subscribe', payload })
  await expect.poll(() => messages.slice(1)).toEqual([{ id: '1', type: 'error', payload: refusal }])
  expect(products.received).toEqual([])
})

it('asks for the text of a query that it does not know, and then takes the hash alone', async () => {
  const { origin } = await startGatewayUnderTest()
  const ask = async (body: object) => {
    const response = await fetch(`${origin}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ extensions: { persistedQuery: { version: 1, sha256Hash } }, ...body }),
    })
    return { status: response.status, body: parseAnswer(await response.text()) }
  }
  const unknown = {
    status: 200,
    body: {
      errors: [{ message: 'PersistedQueryNotFound', extensions: { code: 'PERSISTED_QUERY_NOT_FOUND' } }],
    },
  }
  const known = { status: 200, body: { data: { whoAsksProducts: 'anonymous' } } }
  expect(await ask({})).toEqual(unknown)
  expect(await ask({ query })).toEqual(known)
  expect(await ask({})).toEqual(known)
})

it('takes the hash alone over a socket too, in the place of an empty text', async () => {
  const { post, rawSocket } = await startGatewayUnderTest()
  const persistedQuery = { version: 1, sha256Hash }
  const { messages, send } = await rawSocket()
  send({ type: 'connection_init' })
  await expect.poll(() => messages).toHaveLength(1)
  const ask = (id: string, text: string) =>
    send({ id, type: 'subscribe', payload: { query: text, extensions: { persistedQuery } } })
  ask('unknown', '')
  const refusal = expect.objectContaining({
    message: 'PersistedQueryNotFound',
    extensions: expect.objectContaining({ code: 'PERSISTED_QUERY_NOT_FOUND' }),
  })
  await expect.poll(() => messages).toContainEqual({ id: 'unknown', type: 'error', payload: [refusal] })
  ask('in full', query)
  await expect.poll(() => messages).toContainEqual({ id: 'in full', type: 'complete' })
  ask('known', '')
  const payload = { data: { whoAsksProducts: 'anonymous' } }
  await expect.poll(() => messages).toContainEqual({ id: 'known', type: 'next', payload })
  expect((await post(query)).body).toEqual(payload)
})
