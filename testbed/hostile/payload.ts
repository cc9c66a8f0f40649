import type { Random } from '../random.ts'

/** What a client sends: an operation in JSON, over HTTP or a socket; the bytes of a request; or the messages of a socket. */
export type Payload =
  | { readonly kind: 'operation'; readonly json: string }
  | { readonly kind: 'body'; readonly body: string | Uint8Array }
  | { readonly kind: 'messages'; readonly messages: readonly string[]; readonly isAcknowledged: boolean }

/** Ids, at least one. */
export type Some = readonly [string, ...string[]]

/** Those ids; throws if there are none. */
export const some = ([first, ...others]: readonly string[]): Some => {
  if (first === undefined) throw new Error('there is nothing to ask for')
  return [first, ...others]
}

/** What the documents ask for: products and orders that exist. */
export type Targets = { readonly productIds: Some; readonly orderIds: Some }

export type Context = { readonly random: Random; readonly targets: Targets }

/** Documents of one shape: what is repeated in them, or nested, is so `count` times. */
export type Family = (count: number, context: Context) => Payload

export const operation = (query: unknown, rest: object = {}): Payload => ({
  kind: 'operation',
  json: JSON.stringify({ query, ...rest }),
})

/** An operation whose variables are given in JSON. */
export const operationWith = (query: string, variables: string): Payload => ({
  kind: 'operation',
  json: `{"query":${JSON.stringify(query)},"variables":${variables}}`,
})

/** An object with so many properties, in JSON. */
export const numbered = (name: string, count: number): string =>
  `{${Array.from({ length: count }, (_, index) => `"${name}${index}":1`).join()}}`

/** A text for each of the numbers from 0, separated by blanks. */
export const times = (count: number, text: (index: number) => string): string =>
  Array.from({ length: count }, (_, index) => text(index)).join(' ')

/** A text inside so many pairs. */
export const nested = (count: number, open: string, inside: string, close: string): string =>
  `${open.repeat(count)}${inside}${close.repeat(count)}`

/** Fields of a product that cost the least to ask for and bring the most. */
export const productLeaves =
  'id sku name description category available inStock imageUrl createdAt updatedAt price { amountMinor currency }'

export const productPage = `edges { cursor node { ${productLeaves} } }`
