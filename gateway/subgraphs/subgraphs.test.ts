import { readFileSync } from 'node:fs'
import { composeServices } from '@apollo/composition'
import { parse } from 'graphql'
import { expect, it } from 'vitest'
import { readSubgraphs } from './subgraphs.ts'

const link = (imports: string) =>
  `extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: [${imports}])`

const nothing = { mutations: [], reads: [] }

const composed = (subgraphs: Readonly<Record<string, string>>) => {
  const services = Object.entries(subgraphs).map(([name, sdl]) => ({
    name,
    url: `http://${name}/graphql`,
    typeDefs: parse(sdl),
  }))
  const { supergraphSdl, errors } = composeServices(services)
  if (supergraphSdl === undefined) throw new AggregateError(errors ?? [], 'the subgraphs do not compose')
  return parse(supergraphSdl)
}

const toldIn = (subgraphs: Readonly<Record<string, string>>) =>
  readSubgraphs(composed(subgraphs))
    .filter(({ told }) => told.reads.includes('client-address'))
    .map(({ name }) => name)

it('reads the name and the address of each subgraph', () => {
  const subgraphs = readSubgraphs(
    composed({ accounts: 'type Query { me: Int }', 'side-shop': 'type Query { shop: Int }' }),
  )
  expect(subgraphs).toEqual([
    { name: 'accounts', url: 'http://accounts/graphql', told: nothing },
    { name: 'side-shop', url: 'http://side-shop/graphql', told: nothing },
  ])
})

it('tells the client address only to the subgraph that tags a field of a shared type', () => {
  expect(
    toldIn({
      accounts: `${link('"@tag"')} type Query { me: Int @tag(name: "client-address") }`,
      shop: `${link('"@tag"')} type Query { shop: Int @tag(name: "internal") }`,
    }),
  ).toEqual(['accounts'])
})

it('tells the client address to the subgraph that tags a field of a type of its own', () => {
  expect(
    toldIn({
      accounts: `${link('"@tag"')} type Query { me: Me } type Me { from: String @tag(name: "client-address") }`,
      shop: 'type Query { shop: Int }',
    }),
  ).toEqual(['accounts'])
})

it('knows the tag if the schema imports it under another name', () => {
  expect(
    toldIn({
      accounts: `${link('{ name: "@tag", as: "@mark" }')} type Query { me: Int @mark(name: "client-address") }`,
      shop: 'type Query { shop: Int }',
    }),
  ).toEqual(['accounts'])
})

it('does not tell the client address to a subgraph that only refers to the field', () => {
  expect(
    toldIn({
      accounts: `${link('"@tag", "@key"')} type Query { me: Me } type Me @key(fields: "id") { id: ID! from: String @tag(name: "client-address") }`,
      shop: `${link('"@key", "@external", "@requires"')} type Query { shop: Int } type Me @key(fields: "id") { id: ID! from: String @external near: String @requires(fields: "from") }`,
    }),
  ).toEqual(['accounts'])
})

it('tells it with mutations alone if only mutations are tagged, whatever their type is called', () => {
  const sdl = `${link('"@tag"')} schema { query: Query mutation: Changes } type Query { me: Int }
    type Changes { enter: Int @tag(name: "client-address") @tag(name: "client-device") }`
  expect(readSubgraphs(composed({ accounts: sdl }))).toMatchObject([
    { told: { mutations: ['client-address', 'client-device'], reads: [] } },
  ])
})

it('tells the client of reads to nobody in the committed supergraph, so that readers share identity tokens', () => {
  const committed = readFileSync(new URL('../../schema/supergraph.graphql', import.meta.url), 'utf8')
  const told = new Map(readSubgraphs(parse(committed)).map(({ name, told }) => [name, told]))
  const address = 'client-address'
  expect(Object.fromEntries(told)).toEqual({
    analytics: nothing,
    notifications: nothing,
    orders: { mutations: [address], reads: [] },
    products: { mutations: [address], reads: [] },
    users: { mutations: [address, 'client-device'], reads: [] },
  })
})
