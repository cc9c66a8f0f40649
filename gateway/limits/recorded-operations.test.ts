import { readdirSync, readFileSync } from 'node:fs'
import { createIdentityKeys } from '@supergraph/runtime/identity-keys.ts'
import { getIntrospectionQuery, getVariableValues, validate } from 'graphql'
import { describe, expect, it } from 'vitest'
import { operationIn } from '../authorization/supergraph.fixture.ts'
import { readEnvironment } from '../environment.ts'
import { loadSupergraph, readSupergraph } from '../supergraph.ts'
import { createCostOf } from './cost.ts'
import { createDocuments } from './documents.ts'

const { keys } = await createIdentityKeys(['gateway'])
const settings = readEnvironment({ IDENTITY_KEY: keys.gateway })
const half = (allowed: number) => Math.floor(allowed / 2)
const halfOfAll = createDocuments({
  MAX_TOKENS: half(settings.MAX_TOKENS),
  MAX_ROOT_FIELDS: half(settings.MAX_ROOT_FIELDS),
  MAX_ALIASES: half(settings.MAX_ALIASES),
  MAX_DIRECTIVES: half(settings.MAX_DIRECTIVES),
  MAX_DEPTH: settings.MAX_DEPTH - 2,
  MAX_SELECTIONS: half(settings.MAX_SELECTIONS),
})

const { schema, weights } = loadSupergraph(readSupergraph())
const costOf = createCostOf(schema, weights)
const costliest = (document: string): number => {
  const source = operationIn(document)
  const definitions = source.operation.variableDefinitions ?? []
  // n.b. values that are wrong count too
  const { coerced } = getVariableValues(schema, definitions, { first: 100 })
  return costOf(source, coerced ?? { first: 100 })
}

const money = '{ amountMinor currency }'
const wholeOrder = `id number status version placedAt total ${money} customer { id name email }
  items { productName sku quantity unitPrice ${money} lineTotal ${money} product { id name imageUrl inStock price ${money} } }
  timeline { status at reason actor } tracking { carrier trackingNumber }
  payment { status method refunded ${money} refunds { id status amount ${money} reason } }
  shippingAddress { name line1 line2 city postalCode country }`

const operations = new URL('../../schema/operations/', import.meta.url)
const recorded = readdirSync(operations).map(file => [file, readFileSync(new URL(file, operations), 'utf8')])

describe.each([
  ...recorded,
  [
    'a page of whole orders',
    `{ orders(first: 20) { edges { node { ${wholeOrder} } } pageInfo { endCursor } } }`,
  ],
  [
    'the most products with all that they have',
    `{ products(first: 100) { edges { cursor node { id sku name description category price ${money} available onHand
      reserved inStock imageUrl createdAt updatedAt archivedAt unitsSold } } pageInfo { hasNextPage endCursor } } }`,
  ],
])('%s', (_name, document = '') => {
  it('has at most half of what is allowed, with the largest page', () => {
    expect(validate(schema, halfOfAll.parse(document))).toEqual([])
    expect(costliest(document)).toBeLessThan(half(settings.MAX_COST))
  })
})

it('lets a page of a hundred whole orders pass', () => {
  const document = `{ orders(first: 100) { edges { node { ${wholeOrder} } } } }`
  expect(costliest(document)).toBeLessThan(settings.MAX_COST)
})

it.each([
  ['as graphql writes it', {}],
  [
    'with all that explorers ask for',
    {
      descriptions: true,
      specifiedByUrl: true,
      directiveIsRepeatable: true,
      schemaDescription: true,
      inputValueDeprecation: true,
      oneOf: true,
      typeDepth: 20,
    },
  ],
])('lets the introspection query pass, %s', (_name, options) => {
  const document = getIntrospectionQuery(options)
  createDocuments(settings).parse(document)
  expect(costliest(document)).toBeLessThan(half(settings.MAX_COST))
})
