import { buildSubgraphSchema } from '@apollo/subgraph'
import { execute, parse } from 'graphql'
import { expect, it, vi } from 'vitest'
import { resolveEqualOnce } from './entities.ts'

const typeDefs = parse(`
  extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key"])
  type Query { nothing: Int }
  type Order @key(fields: "id") { id: ID! number: Int }
`)
const order = (id: string) => ({ __typename: 'Order', id })

const ask = async (representations: readonly object[]) => {
  const __resolveReference = vi.fn(async ({ id }: { readonly id: string }) => {
    if (id === 'broken') throw new Error('broken')
    return id === 'none' ? null : { id, number: id.length }
  })
  const schema = buildSubgraphSchema({ typeDefs, resolvers: { Order: { __resolveReference } } })
  resolveEqualOnce(schema)
  const document = parse(
    'query ($representations: [_Any!]!) { _entities(representations: $representations) { ... on Order { id number } } }',
  )
  const { data, errors } = await execute({ schema, document, variableValues: { representations } })
  return {
    entities: data?._entities,
    errors: errors?.map(({ path }) => path),
    asked: __resolveReference.mock.calls.length,
  }
}

it.each([
  ['each once', ['a', 'bb'], 2],
  ['one often', ['a', 'a', 'a'], 1],
  ['two in turns, and one that there is not', ['a', 'none', 'bb', 'a', 'none', 'bb'], 3],
  ['nothing', [], 0],
])('resolves equal representations once that ask for %s', async (_, ids, resolved) => {
  const { entities, errors, asked } = await ask(ids.map(order))
  expect(entities).toEqual(ids.map(id => (id === 'none' ? null : { id, number: id.length })))
  expect({ errors, asked }).toEqual({ errors: undefined, asked: resolved })
})

it('gives each place the error of its representation', async () => {
  const { entities, errors, asked } = await ask(['broken', 'a', 'broken'].map(order))
  expect(entities).toEqual([null, { id: 'a', number: 1 }, null])
  expect(errors).toEqual([
    ['_entities', 0],
    ['_entities', 2],
  ])
  expect(asked).toBe(2)
})
