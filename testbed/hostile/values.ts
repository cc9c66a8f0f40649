import type { Random } from '../random.ts'
import {
  type Context,
  type Family,
  numbered,
  operation,
  operationWith,
  productPage,
  times,
} from './payload.ts'

const address = '{ name: "A", line1: "1", city: "B", postalCode: "1", country: "DE" }'

const listOf = <T>(count: number, item: (index: number) => T): readonly T[] =>
  Array.from({ length: count }, (_, index) => item(index))

/** A word that no cache has seen, of that length. */
const fresh = (random: Random, length: number): string =>
  `w${random.integer(0, 1_000_000_000)}`.padEnd(length, 'x').slice(0, Math.max(length, 1))

const someProduct = ({ random, targets: { productIds } }: Context): string => random.pick(productIds)

/** Documents with long values, long lists and long names. */
export const values = {
  'ids by variable': (count, context) =>
    operation(
      'subscription ($ids: [ID!]!) { productStockChanged(productIds: $ids) { available product { name } } }',
      { variables: { ids: listOf(count, () => someProduct(context)) } },
    ),
  'ids as literals': (count, context) =>
    operation(
      `subscription { productStockChanged(productIds: [${times(count, () => JSON.stringify(someProduct(context)))}]) { available } }`,
    ),
  'ids of notifications': (count, context) =>
    operation(
      'mutation ($input: MarkNotificationsReadInput!) { markNotificationsRead(input: $input) { __typename } }',
      { variables: { input: { ids: listOf(count, () => someProduct(context)) } } },
    ),
  'lines of an order': (count, context) =>
    operation(
      `mutation ($items: [OrderItemInput!]!) { placeOrder(input: { idempotencyKey: "${fresh(context.random, 20)}", items: $items, paymentMethod: "none", shippingAddress: ${address} }) { __typename ... on Failure { message } } }`,
      { variables: { items: listOf(count, () => ({ productId: someProduct(context), quantity: 1 })) } },
    ),
  'wrong items of a list': count =>
    operation(
      'mutation ($input: MarkNotificationsReadInput!) { markNotificationsRead(input: $input) { __typename } }',
      {
        variables: { input: { ids: listOf(count, () => ({})) } },
      },
    ),
  'unknown fields of an input': count =>
    operationWith(
      'mutation ($input: LoginInput!) { login(input: $input) { __typename } }',
      `{"input":${numbered('emial', count)}}`,
    ),
  'variables that nobody asks for': count => operationWith('{ __typename }', numbered('v', count)),
  'a long string': (count, { random }) => operation(`{ product(sku: "${fresh(random, count)}") { name } }`),
  'a long string by variable': (count, { random }) =>
    operation('query ($sku: String!) { product(sku: $sku) { name } }', {
      variables: { sku: fresh(random, count) },
    }),
  'a long search': (count, { random }) =>
    operation(
      'query ($search: String!) { products(filter: { search: $search }) { edges { node { name } } } }',
      {
        variables: {
          search: `${random.integer(0, 1_000_000)} ${'a or "b c" -d '.repeat(Math.ceil(count / 14))}`,
        },
      },
    ),
  'a block string': (count, { random }) =>
    operation(
      `{ product(sku: """${'\n    x'.repeat(Math.ceil(count / 6))}${fresh(random, 12)}""") { name } }`,
    ),
  'a long whole number': count => operation(`{ products(first: ${'9'.repeat(count)}) { edges { cursor } } }`),
  'a long fraction': count => operation(`{ products(first: 1.${'3'.repeat(count)}) { edges { cursor } } }`),
  'a long exponent': count => operation(`{ products(first: 1e${'9'.repeat(count)}) { edges { cursor } } }`),
  'a long id as a number': count => operation(`{ product(id: ${'7'.repeat(count)}) { name } }`),
  'a long date': count =>
    operation(`{ salesSummary(from: "${'2'.repeat(count)}", to: "2026-01-01") { from } }`),
  'a long token': count =>
    operation(
      `mutation { refreshSession(input: { refreshToken: "${'a.'.repeat(Math.ceil(count / 2))}" }) { __typename } }`,
    ),
  'a long cursor': count => operation(`{ products(after: "${'A'.repeat(count)}") { edges { cursor } } }`),
  'a long password': count =>
    operation(
      `mutation { login(input: { email: "ada@example.com", password: "${'p'.repeat(count)}" }) { __typename } }`,
    ),
  'a long e-mail address': count =>
    operation(
      `mutation { register(input: { email: "${'a.'.repeat(Math.ceil(count / 2))}@${'b-'.repeat(9)}.com", password: "long enough for all", name: "A" }) { __typename } }`,
    ),
  'a long new password': count =>
    operation(
      `mutation { changePassword(input: { currentPassword: "wrong", newPassword: "${'Aa1!'.repeat(Math.ceil(count / 4))}" }) { __typename } }`,
    ),
  'escapes in a string': count =>
    operation(`{ product(sku: "${'\\u{1F600}\\n\\u0041'.repeat(Math.ceil(count / 17))}") { name } }`),
  'broken escapes': count =>
    operation(`{ product(sku: "${'\\uD800'.repeat(Math.ceil(count / 6))}") { name } }`),
  'an open string': count => operation(`{ product(sku: "${'x'.repeat(count)}`),
  'an open block string': count => operation(`{ product(sku: """${'\\"""'.repeat(Math.ceil(count / 4))}`),
  'a long operation name': (count, { random }) => {
    const operationName = fresh(random, count)
    return operation(`query ${operationName} { me { id } products(first: 1) { edges { cursor } } }`, {
      operationName,
    })
  },
  'an operation name that is not there': (count, { random }) =>
    operation('query A { __typename } query B { __typename }', { operationName: fresh(random, count) }),
  'a long alias': (count, { random }) =>
    operation(`{ ${fresh(random, count)}: products(first: 100) { edges { ${fresh(random, 9)}: cursor } } }`),
  'a long alias in a list': (count, { random }) =>
    operation(`{ products(first: 100) { edges { ${fresh(random, count)}: cursor } } }`),
  'a long alias of an entity': (count, { random }) =>
    operation(
      `{ me { orders(first: 100) { edges { node { items { product { ${fresh(random, count)}: name } } } } } } }`,
    ),
  'a long alias of what is forbidden': (count, { random }) =>
    operation(`{ products(first: 100) { edges { node { ${fresh(random, count)}: onHand } } } }`),
  'a long field name': (count, { random }) => operation(`{ ${fresh(random, count)} }`),
  'a long type name': (count, { random }) => operation(`{ ... on ${fresh(random, count)} { id } }`),
  'a long argument name': (count, { random }) =>
    operation(`{ products(${fresh(random, count)}: 1) { edges { cursor } } }`),
  'a long variable name': (count, { random }) => {
    const name = fresh(random, count)
    return operation(`query ($${name}: Int!) { products(first: $${name}) { edges { cursor } } }`)
  },
  'a long fragment name': (count, { random }) => {
    const name = fresh(random, count)
    return operation(`{ ...${name} } fragment ${name} on Query { me { id } }`)
  },
  'a long enum value': (count, { random }) =>
    operation(`{ products(sort: ${fresh(random, count).toUpperCase()}) { edges { cursor } } }`),
  'padding of comments': (count, { random }) =>
    operation(`#${random.integer(0, 1_000_000_000)}${'x\n#'.repeat(Math.ceil(count / 3))}\n{ __typename }`),
  'padding of commas and blanks': count =>
    operation(`{ products(first: 100)${',, \n\t'.repeat(Math.ceil(count / 5))}{ ${productPage} } }`),
  'padding of byte order marks': count =>
    operation(`{ __typename ${'\uFEFF'.repeat(Math.ceil(count / 3))} }`),
  'characters that are no GraphQL': (count, { random }) =>
    operation(
      random.pick(['\u0000', '💥', '\u2028', '\u202E', '?', '…', '. . ']).repeat(Math.ceil(count / 4)),
    ),
} satisfies Record<string, Family>
