import {
  type Family,
  nested,
  numbered,
  operation,
  operationWith,
  productLeaves,
  productPage,
  times,
} from './payload.ts'

const longName = (index: number): string => `a${index}`.padEnd(200, 'a')

/** Documents that repeat: aliases, fields, directives, operations, variables, errors. */
export const repetitions = {
  'aliases of pages': (count, { random }) => {
    const first = random.pick([1, 20, 100])
    return operation(
      `{ ${times(count, index => `a${index}: products(first: ${first}) { ${productPage} }`)} }`,
    )
  },
  'aliases of leaves': count =>
    operation(`{ products(first: 100) { edges { node { ${times(count, index => `a${index}: name`)} } } } }`),
  'aliases of entities': count =>
    operation(
      `{ me { orders(first: 100) { edges { node { ${times(count, index => `a${index}: customer { name email }`)} } } } } }`,
    ),
  'aliases of lists of entities': count =>
    operation(
      `{ me { orders(first: 100) { edges { node { ${times(count, index => `a${index}: items { product { ${productLeaves} unitsSold } }`)} } } } } }`,
    ),
  'aliases across subgraphs': count =>
    operation(
      `{ ${times(count, index => `a${index}: me { orders(first: 5) { edges { node { items { product { name unitsSold } } } } } notifications(first: 5) { edges { node { order { customer { name } } } } } }`)} }`,
    ),
  'aliases of searches': (count, { random }) => {
    const words = times(random.integer(1, 50), index => `"w${index}" or -${'x'.repeat(index)}`)
    const search = JSON.stringify(words.replaceAll('"', ''))
    return operation(
      `{ ${times(count, index => `a${index}: products(filter: { search: ${search} }) { edges { node { name } } }`)} }`,
    )
  },
  'long aliases of leaves': count =>
    operation(
      `{ products(first: 100) { edges { node { ${times(count, index => `${longName(index)}: name`)} } } } }`,
    ),
  'long aliases of lines': count =>
    operation(
      `{ me { orders(first: 100) { edges { node { items { ${times(count, index => `${longName(index)}: sku`)} } } } } } }`,
    ),
  typenames: count => operation(`{ ${times(count, index => `a${index}: __typename`)} }`),
  'a field again and again': count => operation(`{ ${'__typename '.repeat(count)} }`),
  'a page again and again': count =>
    operation(`{ ${times(count, () => `products(first: 100) { ${productPage} }`)} }`),
  'fields to merge': count =>
    operation(`{ ${times(count, index => `... on Query { me { a${index % 7}: name id } }`)} }`),
  'fields that conflict': count =>
    operation(`{ ${times(count, index => `products(first: ${index}) { edges { node { id } } }`)} }`),
  'conflicts deep inside': count =>
    operation(
      `{ products { edges { node { ${times(count, index => `price { x: ${index % 2 === 0 ? 'amountMinor' : 'currency'} }`)} } } } }`,
    ),
  'fragments on one field': count =>
    operation(
      `{ products { edges { node { ${times(count, index => `...F${index}`)} } } } } ${times(count, index => `fragment F${index} on Product { price { amountMinor } n: name }`)}`,
    ),
  'unused fragments': count =>
    operation(`{ __typename } ${times(count, index => `fragment F${index} on Product { name }`)}`),
  'possible types': count =>
    operation(
      `mutation { register(input: { email: "x", password: "x", name: "x" }) { ${times(count, () => '... on Failure { message ... on InvalidInput { field } ... on EmailTaken { message } }')} __typename } }`,
    ),
  'directives on a field': count => operation(`{ __typename ${'@skip(if: false) '.repeat(count)} }`),
  'directives on fields': count =>
    operation(
      `{ products { edges { node { ${'name @include(if: true) @skip(if: false) '.repeat(count)} } } } }`,
    ),
  'unknown directives': count => operation(`query ${times(count, index => `@d${index}`)} { __typename }`),
  'conditions of variables': count =>
    operation(
      `query (${times(count, index => `$v${index}: Boolean = true`)}) { me { ${times(count, index => `a${index}: orders(first: 1) @include(if: $v${index}) { edges { node { customer { name } } } }`)} id } }`,
    ),
  operations: (count, { random }) =>
    operation(
      times(count, index => `query Q${index} { me { id name } }`),
      {
        operationName: random.pick(['Q0', `Q${count - 1}`, 'none', null]),
      },
    ),
  'variables in use': count =>
    operationWith(
      `query (${times(count, index => `$v${index}: Int`)}) { ${times(count, index => `a${index}: products(first: $v${index}) { edges { node { id } } }`)} }`,
      numbered('v', count),
    ),
  'variables without a value': count =>
    operation(`query (${times(count, index => `$v${index}: ID!`)}) { __typename }`),
  'variables of unknown types': count =>
    operation(`query (${times(count, index => `$v${index}: T${index}`)}) { __typename }`),
  'introspection of aliases': count =>
    operation(
      `{ ${times(count, index => `a${index}: __type(name: "Product") { fields { name description type { name } } }`)} }`,
    ),
  'introspection inside introspection': count =>
    operation(`{ __schema { types { ${nested(count, 'fields { type { ', 'name', ' } }')} } } }`),
  'forbidden fields': count =>
    operation(
      `{ ${times(count, index => `a${index}: orders(first: 100) { edges { node { id customer { email } } } }`)} }`,
    ),
  'forbidden fields of each': count =>
    operation(
      `{ products(first: 100) { edges { node { ${times(count, index => `a${index}: onHand`)} } } } }`,
    ),
  'unknown fields': count => operation(`{ ${times(count, index => `prodct${index.toString(36)} { nam }`)} }`),
  'unknown types': count => operation(`{ ${times(count, index => `... on Prodct${index} { name }`)} }`),
  'wrong arguments': count =>
    operation(
      `{ ${times(count, index => `a${index}: products(frist: "x", first: {}) { edges { node { id } } }`)} }`,
    ),
  logins: count =>
    operation(
      `mutation { ${times(count, index => `a${index}: login(input: { email: "nobody-${index}@example.com", password: "wrong" }) { __typename }`)} }`,
    ),
  registrations: (count, { random }) => {
    const run = random.integer(0, 1_000_000_000)
    return operation(
      `mutation { ${times(count, index => `a${index}: register(input: { email: "h-${run}-${index}@example.com", password: "short", name: "https://example.com" }) { __typename }`)} }`,
    )
  },
  'changes of one name': count =>
    operation(
      `mutation { ${times(count, index => `a${index}: updateMe(input: { name: "${index}" }) { __typename ... on UpdateMeSuccess { user { name } } }`)} }`,
    ),
  'fields of a subscription': (count, { targets: { orderIds } }) =>
    operation(
      `subscription { orderUpdated(orderId: "${orderIds[0]}") { ${times(count, index => `a${index}: order { items { product { name } } customer { name } }`)} } }`,
    ),
  'roots of a subscription': (count, { targets: { productIds } }) =>
    operation(
      `subscription { ${times(count, index => `a${index}: productStockChanged(productIds: ["${productIds[0]}"]) { available }`)} }`,
    ),
} satisfies Record<string, Family>
