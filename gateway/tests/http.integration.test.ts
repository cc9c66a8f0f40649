import { request } from 'node:http'
import { expect, it } from 'vitest'
import { startGatewayUnderTest } from './gateway-under-test.ts'

it('joins what two subgraphs know about an entity', async () => {
  const { post } = await startGatewayUnderTest()
  const { status, body } = await post('{ products { id name timesOrdered } }')
  expect(status).toBe(200)
  expect(body).toEqual({
    data: {
      products: ['1', '2', '3'].map(id => ({ id, name: `Product ${id}`, timesOrdered: Number(id) * 10 })),
    },
  })
})

it('answers a body past 256 KiB with 413, whether its length is announced or not', async () => {
  const { origin } = await startGatewayUnderTest()
  const body = Buffer.alloc(600 * 1024, ' ')
  for (const headers of [{ 'content-length': body.length }, { 'transfer-encoding': 'chunked' }]) {
    const status = await new Promise((resolve, reject) => {
      const sent = request(`${origin}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
      })
      sent.once('response', response => resolve(response.statusCode)).once('error', reject)
      sent.end(body)
    })
    expect(status).toBe(413)
  }
})

it('refuses a request that a form on another site could send, and runs none of it', async () => {
  const { origin, products } = await startGatewayUnderTest()
  const mutation = 'mutation { renameProduct(id: "1", name: "x") { id } }'
  const form = await fetch(`${origin}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'text/plain' },
    body: JSON.stringify({ query: mutation }),
  })
  expect(form.status).toBe(400)
  const link = await fetch(`${origin}/graphql?query=${encodeURIComponent('{ products { id } }')}`)
  expect(link.status).toBe(400)
  expect(await link.json()).toMatchObject({ errors: [{ extensions: { code: 'BAD_REQUEST' } }] })
  expect(products.received).toEqual([])
})

it('refuses batches', async () => {
  const { origin } = await startGatewayUnderTest()
  const response = await fetch(`${origin}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify([{ query: '{ products { id } }' }]),
  })
  expect(response.status).toBe(400)
})

it('names the socket to a client that subscribes over HTTP', async () => {
  const { post } = await startGatewayUnderTest()
  const { status, body } = await post('subscription { priceChanged(productId: "1") { amountMinor } }')
  expect(status).toBe(400)
  expect(body.errors?.[0]).toMatchObject({ extensions: { code: 'BAD_REQUEST' } })
  expect(body.errors?.[0]?.message).toContain('graphql-transport-ws')
})

it('does not help to guess the schema', async () => {
  const { post } = await startGatewayUnderTest({ NODE_ENV: 'production' })
  const { body } = await post('{ productz { id } }')
  expect(body.errors?.[0]?.message).toBe('Cannot query field "productz" on type "Query".')
  const introspection = await post('{ __schema { queryType { name } } }')
  expect(introspection.body.errors?.[0]?.extensions).toEqual({ code: 'GRAPHQL_VALIDATION_FAILED' })
})

const hexDigits = expect.stringMatching(/^[\da-f]{16}$/)

it('is live and ready, and names its subgraphs without their addresses', async () => {
  const { origin } = await startGatewayUnderTest()
  const live = await fetch(`${origin}/health/live`)
  expect([live.status, await live.json()]).toEqual([200, { status: 'live' }])
  const ready = await fetch(`${origin}/health/ready`)
  const text = await ready.text()
  expect([ready.status, JSON.parse(text)]).toMatchObject([
    200,
    {
      status: 'ready',
      supergraph: hexDigits,
      dependencies: { products: { usable: true, since: expect.any(String) } },
    },
  ])
  expect(text).not.toMatch(/http|127\.0/)
})

it('hides suggestions of the schema, and takes no longer for a long value that is made to slow down the search', async () => {
  const { post } = await startGatewayUnderTest()
  const { body } = await post('{ products { nam } }')
  expect(body.errors).toMatchObject([{ message: 'Cannot query field "nam" on type "Product".' }])
  const startedAt = performance.now()
  const long = await post(`{ products(first: "${'Did you mean '.repeat(15_000)}") { id } }`)
  expect(long.status).toBe(400)
  expect(performance.now() - startedAt).toBeLessThan(1_000)
})

it('says that an operation must be named if a document has several', async () => {
  const { post } = await startGatewayUnderTest()
  const { status, body } = await post('query A { products { id } } query B { products { id } }')
  expect(status).toBe(400)
  expect(body.errors).toMatchObject([{ extensions: { code: 'OPERATION_RESOLUTION_FAILURE' } }])
})
