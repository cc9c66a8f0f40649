import { composeServices } from '@apollo/composition'
import { parse } from 'graphql'
import { expect, it } from 'vitest'
import { labelsIn, movingFields, withShares } from './override-labels.ts'

const link = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@override"])`
const words = 'It says overrideLabel: "new-prices", and a "quote" too.'

const supergraph = (() => {
  const { supergraphSdl, errors } = composeServices([
    {
      name: 'products',
      url: 'http://products',
      typeDefs: parse(`${link}
        """
        ${words} \\""" overrideLabel: "new-prices"
        """
        type Query { product: Product }
        type Product @key(fields: "id") {
          id: ID!
          price: Int @deprecated(reason: ${JSON.stringify(words)})
          rating: Int
          stars: Int
          weight: Int
        }`),
    },
    {
      name: 'reviews',
      url: 'http://reviews',
      typeDefs: parse(`${link}
        type Product @key(fields: "id") {
          id: ID!
          price: Int @override(from: "products", label: "new-prices")
          rating: Int @override(from: "products", label: "constructor")
          stars: Int @override(from: "products", label: "constructor")
          weight: Int @override(from: "products", label: "percent(12.5)")
        }`),
    },
  ])
  if (supergraphSdl === undefined) throw new AggregateError(errors ?? [], 'it does not compose')
  return supergraphSdl
})()

it('finds the labels that say no share, and nothing in descriptions', () => {
  expect([...labelsIn(supergraph)].sort()).toEqual(['constructor', 'new-prices'])
  expect([...labelsIn('type Query { a: Int } # overrideLabel')]).toEqual([])
})

it('puts shares where the labels were, and changes nothing else', () => {
  const changed = withShares(supergraph, new Map([['new-prices', 25]]))
  expect(withShares(supergraph, new Map())).toBe(supergraph)
  expect([...labelsIn(changed)]).toEqual(['constructor'])
  const description = `overrideLabel: "new-prices"`
  const before = supergraph.split(description).length - 1
  // n.b. two of the fields' own, and the words in the descriptions stay
  expect(changed.split(description).length - 1).toBe(before - 2)
  expect(changed.split('overrideLabel: "percent(25)"').length - 1).toBe(2)
  expect(changed.replaceAll('"percent(25)"', '"new-prices"')).toBe(supergraph)
  expect(parse(changed).definitions.length).toBe(parse(supergraph).definitions.length)
})

it('names the fields that move by their labels', () => {
  expect(movingFields(supergraph)).toEqual([
    { label: 'new-prices', ownShare: undefined, fields: ['Product.price'] },
    { label: 'constructor', ownShare: undefined, fields: ['Product.rating', 'Product.stars'] },
    { label: 'percent(12.5)', ownShare: 12.5, fields: ['Product.weight'] },
  ])
})

it('takes a time in proportion to the text, whatever is in its strings', () => {
  const hostile = `"""${'\\"\\"" '.repeat(200_000)}""" ${'"\\\\'.repeat(200_000)}`
  expect([...labelsIn(hostile)]).toEqual([])
})
