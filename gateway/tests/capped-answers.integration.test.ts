import { expect, it } from 'vitest'
import { startGatewayUnderTest } from './gateway-under-test.ts'

const tooLarge = (maxBytes: number) => ({
  message: `The answer would have more than ${maxBytes} bytes: ask for fewer fields or smaller pages.`,
  extensions: { code: 'ANSWER_TOO_LARGE' },
})
const sizeOf = (body: object) => JSON.stringify(body).length

it('lists a hundred errors of an answer, and counts the others', async () => {
  const { post } = await startGatewayUnderTest({ SUBGRAPH_TIMEOUT_MS: '20000' })
  const { body } = await post('{ many(count: 1000, distinct: 1000) { secretRecipe } }')
  const { errors = [] } = body
  expect(errors).toHaveLength(101)
  expect(errors[99]).toEqual({
    message: 'Not for you',
    path: ['many', 99, 'secretRecipe'],
    extensions: { code: 'FORBIDDEN', service: 'products' },
  })
  expect(errors[100]).toEqual({
    message: 'Errors that are not listed here: 900. Ask for less to see each.',
    extensions: { code: 'TOO_MANY_ERRORS' },
  })
  expect(sizeOf({ errors })).toBeLessThan(20_000)
})

it('says once that a subgraph does not answer, however many of its fields are null', async () => {
  const { post, orders } = await startGatewayUnderTest({ SUBGRAPH_TIMEOUT_MS: '20000' })
  await orders.stop()
  const fields = Array.from({ length: 20 }, (_, index) => `a${index}: products { timesOrdered }`)
  const { body } = await post(`{ ${fields.join(' ')} }`)
  expect(body.errors).toEqual([
    { message: 'orders does not answer', extensions: { code: 'SERVICE_UNAVAILABLE', service: 'orders' } },
  ])
})

it('asks for an entity once, and puts it everywhere', async () => {
  const { post, orders } = await startGatewayUnderTest({ SUBGRAPH_TIMEOUT_MS: '20000' })
  const { body } = await post('{ many(count: 1000, distinct: 10) { id timesOrdered } }')
  expect(body).toEqual({
    data: {
      many: Array.from({ length: 1_000 }, (_, index) => ({
        id: String(index % 10),
        timesOrdered: (index % 10) * 10,
      })),
    },
  })
  expect(orders.received.map(({ variables }) => variables.representations)).toEqual([
    Array.from({ length: 10 }, (_, id) => ({ __typename: 'Product', id: String(id) })),
  ])
})

it.each([
  ['one field of 3 MB', '{ text(bytes: 3000000) }', 2_097_152],
  ['two fields of one subgraph', '{ a: text(bytes: 1500000) b: text(bytes: 1500000) }', 2_097_152],
  ['one field more than the setting allows', '{ text(bytes: 5000) }', 5_000],
])('gives nothing of a subgraph that answers more than there is room for: %s', async (_, query, maxBytes) => {
  const { post } = await startGatewayUnderTest({
    MAX_ANSWER_BYTES: String(maxBytes),
    SUBGRAPH_TIMEOUT_MS: '20000',
  })
  const { status, body } = await post(query)
  expect(status).toBe(200)
  expect(body.errors).toEqual([tooLarge(maxBytes)])
  expect(sizeOf(body)).toBeLessThan(1_000)
})

it('counts an entity at each of its places, and answers what there is room for', async () => {
  const { post } = await startGatewayUnderTest({ MAX_ANSWER_BYTES: '100000' })
  const names = `${'long_'.repeat(20)}name: timesOrdered`
  const { body } = await post(`{ many(count: 2000, distinct: 2) { id ${names} } }`)
  expect(body.errors).toEqual([tooLarge(100_000)])
  const fits = await post(`{ many(count: 200, distinct: 2) { id ${names} } }`)
  expect(fits.body.errors).toBeUndefined()
  const large = await post('{ text(bytes: 90000) products { name timesOrdered } }')
  expect(large.body.errors).toBeUndefined()
})

it('shortens what a client wrote in the messages about it', async () => {
  const { post } = await startGatewayUnderTest({ SUBGRAPH_TIMEOUT_MS: '20000' })
  const name = 'a'.repeat(190)
  const fields = Array.from({ length: 90 }, (_, index) => `${name}${index}`)
  const { body } = await post(`{ products { ${fields.join(' ')} } }`)
  expect(body.errors).toHaveLength(90)
  for (const { message } of body.errors ?? []) expect(message.length).toBeLessThan(200)
  const text = await post(`{ product(id: [${JSON.stringify('b'.repeat(100_000))}]) { id } }`)
  expect(text.body.errors?.[0]?.message.length).toBeLessThan(1_100)
})
