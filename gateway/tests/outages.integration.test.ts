import { expect, it, vi } from 'vitest'
import { startGatewayUnderTest } from './gateway-under-test.ts'
import type { Manner } from './stand-in-subgraph.ts'

const both = '{ products { id name timesOrdered } }'
const namesAlone = ['1', '2', '3'].map(id => ({ id, name: `Product ${id}`, timesOrdered: null }))
const leaks = /127\.0\.0\.1|10\.0\.0|http:|ECONN|secret|at \/|\.ts\b|stacktrace/

it('nulls the fields of a subgraph that is down and answers the rest', async () => {
  const { post, orders } = await startGatewayUnderTest()
  await orders.stop()
  const { status, body } = await post(both)
  expect(status).toBe(200)
  expect(body).toEqual({
    data: { products: namesAlone },
    errors: [
      { message: 'orders does not answer', extensions: { code: 'SERVICE_UNAVAILABLE', service: 'orders' } },
    ],
  })
})

it.for<Manner>([
  'never',
  'with halves',
])('waits no longer than its timeout for a subgraph that answers %s', async manner => {
  const { post, orders } = await startGatewayUnderTest({ SUBGRAPH_TIMEOUT_MS: '300' })
  orders.answers(manner)
  const startedMs = performance.now()
  const { status, body } = await post(both)
  expect(performance.now() - startedMs).toBeLessThan(1_500)
  expect(status).toBe(200)
  expect(body).toEqual({
    data: { products: namesAlone },
    errors: [
      { message: 'orders does not answer', extensions: { code: 'SERVICE_TIMEOUT', service: 'orders' } },
    ],
  })
})

it.for<Manner>([
  'with 503',
  'with HTML',
])('repeats nothing of what a subgraph says that answers %s', async manner => {
  const { post, orders } = await startGatewayUnderTest()
  orders.answers(manner)
  const { body } = await post(both)
  expect(body.data).toEqual({ products: namesAlone })
  expect(body.errors?.map(error => error.extensions)).toEqual([
    { code: 'SERVICE_UNAVAILABLE', service: 'orders' },
  ])
  expect(JSON.stringify(body)).not.toMatch(leaks)
})

it('keeps no connection busy with requests that it gave up', async () => {
  // n.b. long enough for all requests to be under way before the first is given up, since then the subgraph is left alone
  const { post, orders } = await startGatewayUnderTest({ SUBGRAPH_TIMEOUT_MS: '8000' })
  orders.answers('never')
  const codes = await Promise.all(
    // n.b. equal reads would be one request
    Array.from({ length: 80 }, async (_, index) => {
      const { body } = await post(`{ products { id times${index}: timesOrdered } }`)
      return body.errors?.[0]?.extensions.code
    }),
  )
  expect(new Set(codes)).toEqual(new Set(['SERVICE_TIMEOUT']))
  orders.answers('properly')
  await vi.waitFor(async () => expect((await post(both)).body.errors).toBeUndefined())
})

it('uses a subgraph again as soon as it is back', async () => {
  const { post, orders } = await startGatewayUnderTest()
  orders.answers('with 503')
  await post(both)
  orders.answers('properly')
  expect((await post(both)).body.errors).toBeUndefined()
})

it("passes a subgraph's own error on with its code and path, and nothing else of the error", async () => {
  const { post } = await startGatewayUnderTest()
  const { status, body } = await post('{ mine: refused products { id } }')
  expect(status).toBe(200)
  expect(body.data).toMatchObject({ mine: null, products: [{ id: '1' }, { id: '2' }, { id: '3' }] })
  expect(body.errors).toEqual([
    { message: 'Not for you', path: ['mine'], extensions: { code: 'FORBIDDEN', service: 'products' } },
  ])
})

it('hides the message of an error for which a subgraph gave no code', async () => {
  const { post } = await startGatewayUnderTest()
  const { body } = await post('{ broken }')
  expect(body).toEqual({
    data: { broken: null },
    errors: [
      {
        message: 'Internal server error',
        path: ['broken'],
        extensions: { code: 'INTERNAL_SERVER_ERROR', service: 'products' },
      },
    ],
  })
})
