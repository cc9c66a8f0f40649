import { expect, it } from 'vitest'
import { composeSubgraphs } from './composition.ts'
import { lintChanges } from './lint-changes.ts'

const link =
  'extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@override"])\n'
const products =
  'type Query { product: Product Old_Name: Int }\ntype Product @key(fields: "id") { id: ID! name: String! weight: Int }'
const reviews = 'type Product @key(fields: "id") { id: ID! rating: Int }'

const graphOf = (sdls: Readonly<Record<string, string>>) => {
  const subgraphs = Object.entries(sdls).map(([name, sdl]) => ({ name, url: '', sdl: `${link}${sdl}` }))
  return { subgraphs, composition: composeSubgraphs(subgraphs) }
}

const find = (next: Parameters<typeof graphOf>[0]) =>
  lintChanges(graphOf(next), graphOf({ products, reviews })).map(
    ({ level, rule, coordinate, subgraph, start, end }) =>
      `${level} ${rule} ${coordinate} ${subgraph}:${start.line}:${start.column}-${end.column}`,
  )

it('says nothing of what stood before', () => {
  expect(find({ products, reviews })).toEqual([])
  expect(find({ products: products.replace('weight: Int', ''), reviews })).toEqual([])
})

it('tells what a change adds and where it stands, errors first', () => {
  expect(
    find({ products: products.replace('weight: Int', 'weight: Int "D." Brand: Int height: Int'), reviews }),
  ).toEqual([
    'ERROR FIELD_NAMES_SHOULD_BE_CAMEL_CASE Product.Brand products:3:74-79',
    'WARNING ALL_ELEMENTS_REQUIRE_DESCRIPTION Product.height products:3:85-91',
  ])
})

it('says nothing of a field that moves from one subgraph to another', () => {
  const moved = reviews.replace('rating: Int', 'rating: Int weight: Int @override(from: "products")')
  expect(find({ products: products.replace('weight: Int', ''), reviews: moved })).toEqual([])
})

it('tells which field the change lets take away what other subgraphs give', () => {
  expect(find({ products, reviews: reviews.replace('rating: Int', 'rating: Int!') })).toEqual([
    'WARNING FIELDS_OF_OTHER_SUBGRAPHS_SHOULD_BE_NULLABLE Product.rating reviews:2:43-49',
  ])
})

it('tells nothing of what does not compose', () => {
  expect(find({ products, reviews: 'type Product @key(fields: "id") { id: Missing Name: Int }' })).toEqual([])
})

it('lets no number of warnings hide an error', () => {
  const many = Array.from({ length: 600 }, (_, index) => `field${index}: Int`).join(' ')
  const found = find({ products: products.replace('weight: Int', `${many} Weight: Int`), reviews })
  expect(found).toHaveLength(500)
  expect(found[0]).toContain('ERROR FIELD_NAMES_SHOULD_BE_CAMEL_CASE Product.Weight')
})
