import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { lintSchema } from './lint.ts'

const link = (version: string) =>
  `extend schema @link(url: "https://specs.apollo.dev/federation/v${version}")`
const product = 'type Product @key(fields: "id") { id: ID! }'

const rulesIn = (sdl: string) => lintSchema(sdl).map(({ rule, coordinate }) => `${rule} ${coordinate}`)

it.each([
  [
    'a type in lower case',
    '"D." type order_line { "D." a: Int }',
    ['TYPE_NAMES_SHOULD_BE_PASCAL_CASE order_line'],
  ],
  [
    'a field in upper case',
    'type Query { "D." Product: Int }',
    ['FIELD_NAMES_SHOULD_BE_CAMEL_CASE Query.Product'],
  ],
  [
    'a field with underscores',
    'type Query { "D." best_seller: Int }',
    ['FIELD_NAMES_SHOULD_BE_CAMEL_CASE Query.best_seller'],
  ],
  [
    'a field that is called as in REST',
    'type Query { "D." getProduct: Int }',
    ['RESTY_FIELD_NAMES Query.getProduct'],
  ],
  [
    'an enum value in lower case',
    '"D." enum Status { active }',
    ['ENUM_VALUES_SHOULD_BE_SCREAMING_SNAKE_CASE Status.active'],
  ],
  ['no description of a field', 'type Query { a: Int }', ['ALL_ELEMENTS_REQUIRE_DESCRIPTION Query.a']],
  ['no description of a type', 'union U = A', ['ALL_ELEMENTS_REQUIRE_DESCRIPTION U']],
  ['an empty description', '"" scalar S', ['ALL_ELEMENTS_REQUIRE_DESCRIPTION S']],
  [
    'a deprecation without a reason',
    'type Query { "D." a: Int @deprecated }',
    ['DEPRECATED_DIRECTIVE_REQUIRES_REASON Query.a'],
  ],
  [
    'a deprecation with an empty reason',
    'type Query { "D." a: Int @deprecated(reason: " ") }',
    ['DEPRECATED_DIRECTIVE_REQUIRES_REASON Query.a'],
  ],
  [
    'a deprecation without a date',
    'type Query { "D." a(b: Int @deprecated(reason: "Use c.")): Int }',
    ['DEPRECATED_DIRECTIVE_REQUIRES_DATE Query.a.b'],
  ],
  [
    'an argument with underscores',
    'type Query { "D." a(page_size: Int): Int }',
    ['INPUT_ARGUMENT_NAMES_SHOULD_BE_CAMEL_CASE Query.a.page_size'],
  ],
  [
    'a name in an extension',
    'extend type User @key(fields: "id") { id: ID! "D." Name: Int }',
    ['FIELD_NAMES_SHOULD_BE_CAMEL_CASE User.Name'],
  ],
  [
    'a list of any length in an entity and in a query',
    `${product} type Query { "D." products: [Product!] }
     extend type Shop @key(fields: "id") { id: ID! "D." products: ProductConnection }
     type ProductConnection { edges: [ProductEdge] pageInfo: PageInfo } type ProductEdge { node: Product }`,
    ['LISTS_SHOULD_BE_PAGINATED Query.products', 'LISTS_SHOULD_BE_PAGINATED Shop.products'],
  ],
  [
    'a list of which nobody can know what it costs',
    `${link('2.9')} ${product} type Query { "D." products(first: Int): [Product!]! "D." cart: Cart }
     "D." type Cart { "D." products: [Product] }`,
    ['LISTS_SHOULD_HAVE_A_SIZE Query.products', 'LISTS_SHOULD_HAVE_A_SIZE Cart.products'],
  ],
])('finds %s', (_title, sdl, rules) => {
  expect(rulesIn(sdl)).toEqual(rules)
})

it.each([
  [
    'an entity that another subgraph describes',
    'type Product @key(fields: "id sku") { id: ID! sku: String! "D." a: Int }',
  ],
  [
    'a deprecation with a reason and a date',
    'type Query { "D." a: Int @deprecated(reason: "Use b. Goes on 2027-06-30.") }',
  ],
  [
    'what the mutation, the interface and Relay describe',
    `interface Failure { "D." message: String! } type Mutation { "D." rename(input: RenameInput!): RenameResult }
     input RenameInput { "D." name: String } union RenameResult = RenameSuccess | Taken
     type RenameSuccess { "D." a: Int } "D." type Taken implements Failure { message: String! }
     type PageInfo { hasNextPage: Boolean! endCursor: String }`.replace('interface', '"D." interface'),
  ],
  [
    'lists that say how long they are',
    `${link('2.9')} ${product} type Query {
       "D." a: [Product] @listSize(assumedSize: 5) "D." b: [Product] @cost(weight: 9) "D." tags: [String]
       "D." c(first: Int): ProductConnection @listSize(slicingArguments: ["first"], sizedFields: ["edges"])
       "D." d(first: Int): Page @listSize(slicingArguments: ["first"], sizedFields: ["items"])
     } "D." type Page { "D." items: [Product] "D." internal: [Product] @inaccessible }
     type ProductConnection { edges: [ProductEdge] pageInfo: PageInfo } type ProductEdge { node: Product }`,
  ],
  [
    'a list with a limit, where no directive could say more',
    `${link('2.8')} ${product} type Query { "D." products(first: Int): [Product] }`,
  ],
  ['a field whose name begins with a verb', 'type Query { "D." listing: Int "D." getaway: Int }'],
])('takes %s', (_title, sdl) => {
  expect(rulesIn(sdl)).toEqual([])
})

it('tells where the name stands', () => {
  const sdl = 'type Query {\n  "Ä." Best: Int\n}'
  expect(lintSchema(sdl).map(({ start, end }) => sdl.slice(start, end))).toEqual(['Best'])
})

const root = join(import.meta.dirname, '..', '..')

it.each(
  globSync('subgraphs/*/schema.graphql', { cwd: root }),
)('finds nothing in %s but what has no description', file => {
  const found = lintSchema(readFileSync(join(root, file), 'utf8'))
  expect(found.filter(({ rule }) => rule !== 'ALL_ELEMENTS_REQUIRE_DESCRIPTION')).toEqual([])
})
