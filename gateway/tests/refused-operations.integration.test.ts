import { expect, it } from 'vitest'
import { startGatewayUnderTest } from './gateway-under-test.ts'

const refused = [
  ['a query of a field that there is not', { query: '{ nothing }' }, 'GRAPHQL_VALIDATION_FAILED'],
  ['a mutation of a field that there is not', { query: 'mutation { nothing }' }, 'GRAPHQL_VALIDATION_FAILED'],
  [
    'a subscription of a field that there is not',
    { query: 'subscription { nothing }' },
    'GRAPHQL_VALIDATION_FAILED',
  ],
  ['a syntax error', { query: '{ ' }, 'GRAPHQL_PARSE_FAILED'],
  ['nothing', { query: '' }, 'GRAPHQL_PARSE_FAILED'],
  ['fragments alone', { query: 'fragment F on Query { __typename }' }, 'GRAPHQL_VALIDATION_FAILED'],
  [
    'two operations and no name',
    { query: 'query A { __typename } query B { __typename }' },
    'OPERATION_RESOLUTION_FAILURE',
  ],
  ['another name', { query: 'query A { __typename }', operationName: 'B' }, 'OPERATION_RESOLUTION_FAILURE'],
  ['a variable too few', { query: 'query ($id: ID!) { product(id: $id) { id } }' }, 'BAD_USER_INPUT'],
  [
    'a variable of another type',
    { query: 'query ($day: Date) { onDay(day: $day) }', variables: { day: 7 } },
    'BAD_USER_INPUT',
  ],
  ['a variable that is not declared', { query: '{ product(id: $id) { id } }' }, 'GRAPHQL_VALIDATION_FAILED'],
  [
    'a fragment in a circle',
    { query: 'query { ...F } fragment F on Query { ...F }' },
    'GRAPHQL_VALIDATION_FAILED',
  ],
  [
    'a subscription variable too few',
    { query: 'subscription ($id: ID!) { priceChanged(productId: $id) { amountMinor } }' },
    'BAD_USER_INPUT',
  ],
] as const

it.for(refused)('ends an operation over a socket with an error message if it is %s', async ([
  ,
  payload,
  code,
]) => {
  const { rawSocket, products } = await startGatewayUnderTest()
  const { messages, send } = await rawSocket()
  send({ type: 'connection_init' })
  await expect.poll(() => messages).toHaveLength(1)
  send({ id: 'a', type: 'subscribe', payload })
  await expect.poll(() => messages.length).toBeGreaterThan(1)
  send({ id: 'b', type: 'subscribe', payload: { query: '{ whoAsksProducts }' } })
  await expect.poll(() => messages.length).toBeGreaterThan(3)
  expect(messages.slice(1)).toEqual([
    {
      id: 'a',
      type: 'error',
      payload: [expect.objectContaining({ message: expect.any(String), extensions: { code } })],
    },
    { id: 'b', type: 'next', payload: { data: { whoAsksProducts: 'anonymous' } } },
    { id: 'b', type: 'complete' },
  ])
  expect(products.received).toHaveLength(1)
})

it('sends a result in which a field failed as a result', async () => {
  const { rawSocket } = await startGatewayUnderTest()
  const { messages, send } = await rawSocket()
  send({ type: 'connection_init' })
  await expect.poll(() => messages).toHaveLength(1)
  send({ id: 'a', type: 'subscribe', payload: { query: '{ refused broken }' } })
  await expect.poll(() => messages).toHaveLength(3)
  expect(messages.slice(1)).toMatchObject([
    {
      id: 'a',
      type: 'next',
      payload: {
        data: { refused: null, broken: null },
        errors: [{ path: ['refused'] }, { path: ['broken'] }],
      },
    },
    { id: 'a', type: 'complete' },
  ])
})
