import { assertObjectType, Kind } from 'graphql'
import { expect, it } from 'vitest'
import { operationIn } from '../authorization/supergraph.fixture.ts'
import { createMaxAges } from './max-age.ts'
import { shop } from './shop.fixture.ts'

const { ofOperation } = createMaxAges(shop.schema, shop.cacheHints)

it.each([
  ['{ newest { name } }', 10],
  ['{ page { items { name price { amount } } cursor } }', 30],
  ['{ newest { name } page { cursor } total }', 7],
  ['{ ...Both } fragment Both on Query { newest { ... on Product { sold } } }', 10],
  ['{ newest { sold name } page { cursor } }', 10],
  ['{ newest { __typename } }', 10],
  ['query ($yes: Boolean!) { newest { name stock @include(if: $yes) } }', 0],
  ['{ product(id: 1) { name } }', 60],
  ['{ newest { stock } }', 0],
  ['{ newest { maker { name } } }', 0],
  ['{ count }', 0],
  ['{ me { name } }', 0],
  ['{ found { ... on Product { name } } }', 90],
  ['{ found { ... on Person { name } } }', 20],
  ['{ named { name } }', 20],
  ['{ newest { name } __schema { description } }', 0],
  ['{ __typename }', 0],
  ['mutation { add { name } }', 0],
])('lets anyone keep the answer to %s for %i seconds', (text, seconds) => {
  const { document, operation } = operationIn(text)
  expect(ofOperation(document, operation)).toBe(seconds)
})

it.each([
  ['name price { amount }', 60],
  ['name sold', 10],
  ['... on Product { sold }', 10],
  ['name stock', 0],
  ['maker { name }', 0],
])('keeps a product with %s for %i seconds', (selections, seconds) => {
  const { document, operation } = operationIn(`{ product { ${selections} } }`)
  const [field] = operation.selectionSet.selections
  const { ofEntity } = createMaxAges(shop.supergraphSchema, shop.cacheHints)
  const product = assertObjectType(shop.supergraphSchema.getType('Product'))
  if (field?.kind !== Kind.FIELD || field.selectionSet === undefined) throw new Error('select of a product')
  expect(ofEntity(product, field.selectionSet, document)).toBe(seconds)
})
