import { composeServices } from '@apollo/composition'
import { parse } from 'graphql'
import type { Published } from './events.ts'

const federation = 'extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key"])'

/** Three subgraphs: one sends events, the other two know what the events are about. */
const subgraphs = {
  changes: `${federation}
    type Query { ready: Boolean }
    type Subscription { changed(topic: ID!): Change }
    type Change { n: Int! at: Float! product: Product! }
    type Product @key(fields: "id", resolvable: false) { id: ID! }`,
  catalogue: `${federation}
    type Query { catalogue: Boolean }
    type Product @key(fields: "id") { id: ID! name: String! }`,
  pricing: `${federation}
    type Query { pricing: Boolean }
    type Product @key(fields: "id") { id: ID! price: Money! }
    type Money { amountMinor: Int! currency: String! }`,
} as const

/** What every client subscribes to. */
export const subscription = `subscription ($topic: ID!) {
  changed(topic: $topic) { n at product { id name price { amountMinor currency } } }
}`

/** The answer that a client gets to an event. */
export const answerText = ({ n, at, productId: id }: Published): string =>
  JSON.stringify({
    data: {
      changed: {
        n,
        at,
        product: { id, name: `Product ${id}`, price: { amountMinor: 1_250, currency: 'EUR' } },
      },
    },
  })

/** Composes the subgraphs at these addresses. */
export const composeSubgraphs = (urls: Readonly<Record<string, string>>): string => {
  const composed = composeServices(
    Object.entries(subgraphs).map(([name, sdl]) => ({ name, url: urls[name] ?? '', typeDefs: parse(sdl) })),
  )
  if (composed.errors !== undefined) throw new AggregateError(composed.errors, 'the subgraphs do not compose')
  return composed.supergraphSdl
}
