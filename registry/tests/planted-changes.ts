import type { Finding } from '@supergraph/composition/finding.ts'
import type { RecordedOperation } from '@supergraph/composition/graph-changes.ts'

const link = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@inaccessible", "@override", "@listSize"])`

/** The subgraphs into which the changes are planted. */
export const subgraphs = [
  {
    name: 'products',
    url: 'http://products.example/graphql',
    sdl: `${link}
type Query {
  product(id: ID!, currency: Currency = EUR): Product
  products(first: Int = 20, filter: ProductFilter): [Product!] @listSize(assumedSize: 20)
  search(text: String!): [SearchResult!]
}
type Mutation { rename(input: RenameInput!): Product }
enum Currency { EUR USD }
enum Status { ACTIVE RETIRED }
input ProductFilter { inStock: Boolean text: String }
input RenameInput { id: ID! name: String! note: String }
interface Named { name: String! }
type Product implements Named @key(fields: "id") @key(fields: "sku") {
  id: ID!
  sku: String!
  name: String!
  weight: Int
  status: Status!
  tags: [String!]
  price(currency: Currency): Int
}
type Brand implements Named @key(fields: "id") { id: ID! name: String! country: String }
union SearchResult = Product | Brand
`,
  },
  {
    name: 'reviews',
    url: 'http://reviews.example/graphql',
    sdl: `${link}
type Product @key(fields: "id") { id: ID! rating: Int }
`,
  },
] as const

/** What the clients of that graph send. */
export const operations: readonly RecordedOperation[] = [
  {
    file: 'Catalogue',
    text: 'query Catalogue($filter: ProductFilter) { products(first: 10, filter: $filter) { id name tags } }',
  },
  {
    file: 'ProductPage',
    text: 'query ProductPage($id: ID!, $currency: Currency) { product(id: $id) { name status price(currency: $currency) rating } }',
  },
  { file: 'Rename', text: 'mutation Rename($input: RenameInput!) { rename(input: $input) { id } }' },
  {
    file: 'Search',
    text: 'query Search($text: String!) { search(text: $text) { ... on Named { name } ... on Brand { country } } }',
  },
]

/** A subgraph with a change in it. */
export const planted = (subgraph: PlantedChange['subgraph'], from: string, to: string): string => {
  const sdl = subgraphs.find(({ name }) => name === subgraph)?.sdl ?? ''
  if (!sdl.includes(from)) throw new Error(`there is no ${from} in ${subgraph}`)
  return sdl.replace(from, to)
}

/** A change of one subgraph, and what a check says of it. */
type PlantedChange = {
  readonly title: string
  readonly subgraph: 'products' | 'reviews'
  readonly from: string
  readonly to: string
  /** What is found, without what is safe. */
  readonly findings: readonly Pick<Finding, 'status' | 'code' | 'path' | 'operations'>[]
  /** What is found beside: of operations that do not break, and by lint unless it is a description. */
  readonly beside: readonly (readonly [status: Finding['status'], code: string, pathOrOperation: string])[]
  /** The code of the error if it does not compose. */
  readonly error?: string
}

const change = (
  title: string,
  [from, to]: readonly [from: string, to: string],
  findings: PlantedChange['findings'] = [],
  rest: Partial<PlantedChange> = {},
): PlantedChange => ({ title, subgraph: 'products', from, to, findings, beside: [], ...rest })

const fails = (code: string, path: string, ...operations: readonly string[]) =>
  ({ status: 'FAIL', code, path, operations }) as const

const warns = (code: string, path: string, ...operations: readonly string[]) =>
  ({ status: 'WARN', code, path, operations }) as const

const invalid = (operation: string) => fails('OPERATION_INVALID', operation, operation)

export const plantedChanges: readonly PlantedChange[] = [
  change(
    'a field is removed that is in use',
    ['  tags: [String!]\n', ''],
    [invalid('Catalogue'), fails('FIELD_REMOVED', 'Product.tags', 'Catalogue')],
  ),
  change(
    'a field is removed that nobody uses',
    ['  weight: Int\n', ''],
    [fails('FIELD_REMOVED', 'Product.weight')],
  ),
  change('a field is added', ['  weight: Int\n', '  weight: Int\n  height: Int\n']),
  change('a field becomes non-null', ['tags: [String!]\n', 'tags: [String!]!\n']),
  change(
    'a field becomes nullable',
    ['status: Status!', 'status: Status'],
    [fails('FIELD_TYPE_CHANGED', 'Product.status', 'ProductPage')],
  ),
  change(
    'a field gets another type',
    ['weight: Int', 'weight: String'],
    [fails('FIELD_TYPE_CHANGED', 'Product.weight')],
  ),
  change(
    'a field becomes a list',
    ['weight: Int', 'weight: [Int]'],
    [fails('FIELD_TYPE_CHANGED', 'Product.weight')],
  ),
  change(
    'a required argument is added',
    ['price(currency: Currency)', 'price(currency: Currency, on: String!)'],
    [invalid('ProductPage'), fails('FIELD_ARGUMENT_ADDED', 'Product.price.on', 'ProductPage')],
  ),
  change(
    'an optional argument is added',
    ['price(currency: Currency)', 'price(currency: Currency, on: String)'],
    [warns('FIELD_ARGUMENT_ADDED', 'Product.price.on', 'ProductPage')],
  ),
  change(
    'an argument is removed',
    ['price(currency: Currency)', 'price'],
    [invalid('ProductPage'), fails('FIELD_ARGUMENT_REMOVED', 'Product.price.currency', 'ProductPage')],
  ),
  change(
    'an argument becomes required',
    ['price(currency: Currency)', 'price(currency: Currency!)'],
    [invalid('ProductPage'), fails('FIELD_ARGUMENT_TYPE_CHANGED', 'Product.price.currency', 'ProductPage')],
  ),
  change(
    'an argument gets another type',
    ['price(currency: Currency)', 'price(currency: String)'],
    [invalid('ProductPage'), fails('FIELD_ARGUMENT_TYPE_CHANGED', 'Product.price.currency', 'ProductPage')],
  ),
  change(
    'a default changes',
    ['first: Int = 20', 'first: Int = 50'],
    [warns('FIELD_ARGUMENT_DEFAULT_CHANGED', 'Query.products.first')],
  ),
  change(
    'a default is removed',
    ['currency: Currency = EUR', 'currency: Currency'],
    [warns('FIELD_ARGUMENT_DEFAULT_CHANGED', 'Query.product.currency', 'ProductPage')],
  ),
  change(
    'an enum value is added',
    ['ACTIVE RETIRED', 'ACTIVE RETIRED DRAFT'],
    [warns('ENUM_VALUE_ADDED', 'Status.DRAFT', 'ProductPage')],
  ),
  change(
    'an enum value is removed',
    ['ACTIVE RETIRED', 'ACTIVE'],
    [fails('ENUM_VALUE_REMOVED', 'Status.RETIRED', 'ProductPage')],
  ),
  change(
    'a union member is added',
    ['= Product | Brand', '= Product | Brand | Shop\ntype Shop { id: ID! }'],
    [warns('UNION_MEMBER_ADDED', 'SearchResult', 'Search')],
  ),
  change(
    'a union member is removed',
    ['= Product | Brand', '= Product'],
    [invalid('Search'), fails('UNION_MEMBER_REMOVED', 'SearchResult', 'Search')],
  ),
  change(
    'an input field is added that is required',
    ['note: String', 'note: String reason: String!'],
    [fails('INPUT_FIELD_ADDED', 'RenameInput.reason', 'Rename')],
  ),
  change('an input field is added that is optional', ['note: String', 'note: String reason: String']),
  change(
    'an input field is removed',
    [' note: String', ''],
    [fails('INPUT_FIELD_REMOVED', 'RenameInput.note', 'Rename')],
  ),
  change(
    'an input field becomes required',
    ['note: String', 'note: String!'],
    [fails('INPUT_FIELD_TYPE_CHANGED', 'RenameInput.note', 'Rename')],
  ),
  change(
    'a type is removed',
    [
      'type Brand implements Named @key(fields: "id") { id: ID! name: String! country: String }\nunion SearchResult = Product | Brand',
      'union SearchResult = Product',
    ],
    [
      invalid('Search'),
      fails('TYPE_REMOVED', 'Brand', 'Search'),
      fails('UNION_MEMBER_REMOVED', 'SearchResult', 'Search'),
    ],
  ),
  change(
    'an interface is no longer implemented',
    ['Brand implements Named', 'Brand'],
    [fails('OBJECT_TYPE_INTERFACE_REMOVED', 'Brand', 'Search')],
  ),
  change(
    'an interface asks for a field that a type lacks',
    ['interface Named { name: String! }', 'interface Named { name: String! weight: Int }'],
    [],
    { error: 'INVALID_GRAPHQL' },
  ),
  change(
    'a field becomes inaccessible',
    ['  tags: [String!]\n', '  tags: [String!] @inaccessible\n'],
    [invalid('Catalogue'), fails('FIELD_REMOVED', 'Product.tags', 'Catalogue')],
  ),
  change('a field is deprecated', ['weight: Int', 'weight: Int @deprecated(reason: "Use grams.")'], [], {
    beside: [['WARN', 'DEPRECATED_DIRECTIVE_REQUIRES_DATE', 'Product.weight']],
  }),
  change('a key is removed that nobody needs', [' @key(fields: "sku")', '']),
  change(
    'a key is removed by which another subgraph joins',
    ['@key(fields: "id") @key(fields: "sku") {', '@key(fields: "sku") {'],
    [],
    { error: 'INVALID_FIELD_SHARING' },
  ),
  change('an argument of a directive changes', ['assumedSize: 20', 'assumedSize: 50']),
  change(
    'a field moves to another subgraph',
    ['rating: Int', 'rating: Int weight: Int @override(from: "products")'],
    [],
    { subgraph: 'reviews' },
  ),
  change(
    'a field in use moves to another subgraph',
    ['rating: Int', 'rating: Int tags: [String!] @override(from: "products")'],
    [],
    { subgraph: 'reviews', beside: [['WARN', 'OPERATION_NEEDS_MORE_FETCHES', 'Catalogue']] },
  ),
  change('a field of another subgraph can not be null any more', ['rating: Int', 'rating: Int!'], [], {
    subgraph: 'reviews',
    beside: [
      ['WARN', 'OPERATION_LOST_IN_OUTAGE', 'ProductPage'],
      ['WARN', 'FIELDS_OF_OTHER_SUBGRAPHS_SHOULD_BE_NULLABLE', 'Product.rating'],
    ],
  }),
  change('a field gets a name of another form', ['  weight: Int\n', '  weight: Int\n  Height: Int\n'], [], {
    beside: [['FAIL', 'FIELD_NAMES_SHOULD_BE_CAMEL_CASE', 'Product.Height']],
  }),
  change('a key gets a further field', [
    '@key(fields: "id") @key(fields: "sku") {',
    '@key(fields: "id sku") {',
  ]),
  change(
    'a value of an enum is removed that clients send',
    ['enum Currency { EUR USD }', 'enum Currency { EUR }'],
    [fails('ENUM_VALUE_REMOVED', 'Currency.USD', 'ProductPage')],
  ),
  change(
    'a default of an input field changes',
    ['note: String }', 'note: String = "none" }'],
    [warns('INPUT_FIELD_DEFAULT_VALUE_CHANGED', 'RenameInput.note', 'Rename')],
  ),
  change(
    'an argument becomes inaccessible',
    ['price(currency: Currency)', 'price(currency: Currency @inaccessible)'],
    [invalid('ProductPage'), fails('FIELD_ARGUMENT_REMOVED', 'Product.price.currency', 'ProductPage')],
  ),
  change(
    'an entity loses a field of another subgraph',
    [' rating: Int', ''],
    [invalid('ProductPage'), fails('FIELD_REMOVED', 'Product.rating', 'ProductPage')],
    { subgraph: 'reviews' },
  ),
  change(
    'a description changes',
    ['  weight: Int\n', '  "In grams."\n  weight: Int\n'],
    [warns('FIELD_DESCRIPTION_ADDED', 'Product.weight', 'Catalogue', 'ProductPage', 'Rename')],
  ),
  change(
    'a query is removed',
    ['  search(text: String!): [SearchResult!]\n', ''],
    [invalid('Search'), fails('FIELD_REMOVED', 'Query.search', 'Search')],
  ),
  change('a directive is not imported', ['"@listSize"', '"@tag"'], [], { error: 'INVALID_GRAPHQL' }),
  change('the schema is no GraphQL', ['type Brand', 'type'], [], { error: 'UNREADABLE' }),
]
