import { request } from 'node:http'
import { buffer } from 'node:stream/consumers'
import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import { expect, it } from 'vitest'
import { startGatewayUnderTest } from './gateway-under-test.ts'

/** An answer of 4 KB, and one of 40 bytes. */
const large = `{ products { ${Array.from({ length: 25 }, (_, index) => `alias${index}: name`).join(' ')} } }`
const small = '{ products { id } }'

const decode = {
  br: brotliDecompressSync,
  gzip: gunzipSync,
  identity: (body: Buffer) => body,
} as const

it.each([
  ['gzip, deflate, br, zstd', 'br'],
  ['gzip, deflate', 'gzip'],
  ['br;q=0.5, gzip', 'gzip'],
  ['br;q=0, gzip;q=0.1', 'gzip'],
  ['gzip;q=1.0, identity; q=0.5, *;q=0', 'gzip'],
  ['GZIP', 'gzip'],
  ['*', 'br'],
  ['*;q=0.5, br;q=0', 'gzip'],
  ['identity', 'identity'],
  ['identity, gzip;q=0.5', 'identity'],
  ['gzip;q=0', 'identity'],
  ['deflate', 'identity'],
  ['zstd', 'identity'],
  ['identity;q=0', 'identity'],
  ['*;q=0', 'identity'],
  ['', 'identity'],
  ['gzip;q=x;;,,', 'identity'],
  [undefined, 'identity'],
] as const)('sends an answer to a client that accepts %j as %s', async (accepted, encoding) => {
  const { origin } = await startGatewayUnderTest()
  const plain = await ask(`${origin}/graphql`, large, undefined)
  const answer = await ask(`${origin}/graphql`, large, accepted)
  expect(answer.headers['content-encoding'] ?? 'identity').toBe(encoding)
  expect(answer.headers.vary).toBe('Origin, Accept, Authorization, Accept-Encoding')
  expect(answer.headers['content-length']).toBe(String(answer.body.length))
  expect(String(decode[encoding](answer.body))).toBe(String(plain.body))
  if (encoding !== 'identity') expect(answer.body.length).toBeLessThan(plain.body.length / 4)
})

it('does not compress what fits into a packet, and says that it might have', async () => {
  const { origin } = await startGatewayUnderTest()
  const { headers } = await ask(`${origin}/graphql`, small, 'br')
  expect(headers['content-encoding']).toBeUndefined()
  expect(headers.vary).toBe('Origin, Accept, Authorization, Accept-Encoding')
})

it('answers a HEAD with the headers of the GET', async () => {
  const { origin } = await startGatewayUnderTest()
  const url = `${origin}/graphql?query=${encodeURIComponent(large)}`
  const headers = { 'apollo-require-preflight': 'true', 'accept-encoding': 'gzip' }
  const [get, head] = await Promise.all(['GET', 'HEAD'].map(method => fetch(url, { method, headers })))
  for (const name of ['content-length', 'content-encoding', 'content-type', 'vary'])
    expect(head?.headers.get(name)).toBe(get?.headers.get(name))
})

it('asks the subgraphs for answers that are not compressed', async () => {
  const { post, products } = await startGatewayUnderTest()
  await post(large)
  expect(products.received[0]?.headers['accept-encoding']).toBeUndefined()
})

// n.b. fetch decodes what it gets
const ask = (url: string, query: string, accepted: string | undefined) =>
  new Promise<{ readonly headers: NodeJS.Dict<string | string[]>; readonly body: Buffer }>(
    (resolve, reject) => {
      const headers = {
        'content-type': 'application/json',
        ...(accepted !== undefined && { 'accept-encoding': accepted }),
      }
      request(url, { method: 'POST', headers }, response => {
        buffer(response).then(body => resolve({ headers: response.headers, body }), reject)
      })
        .once('error', reject)
        .end(JSON.stringify({ query }))
    },
  )
