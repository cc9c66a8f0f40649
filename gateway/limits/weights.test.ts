import { getNullableType, isListType, isObjectType } from 'graphql'
import { expect, it } from 'vitest'
import { loadSupergraph, readSupergraph } from '../supergraph.ts'

const { schema, weights } = loadSupergraph(readSupergraph())

it('knows for every list of the graph how many elements it has', () => {
  const sized = new Set([...weights.listSizes.values()].flatMap(({ sizedFields }) => sizedFields))
  const lists = Object.values(schema.getTypeMap())
    .filter(type => isObjectType(type))
    .filter(type => !type.name.startsWith('__'))
    .flatMap(type =>
      Object.values(type.getFields())
        .filter(field => isListType(getNullableType(field.type)) && !sized.has(field.name))
        .map(field => `${type.name}.${field.name}`),
    )
  expect(lists.length).toBeGreaterThan(5)
  expect(lists.filter(coordinate => !weights.listSizes.has(coordinate))).toEqual([])
})

it('reads page sizes, assumed sizes and weights', () => {
  expect(weights.listSizes.get('Query.products')).toEqual({
    slicingArguments: ['first'],
    sizedFields: ['edges'],
  })
  expect(weights.listSizes.get('Order.items')).toMatchObject({ assumedSize: 5 })
  expect(weights.costs.get('Mutation.login')).toBe(1_000)
  expect(weights.costs.get('Subscription.productStockChanged(productIds:)')).toBe(1)
})
