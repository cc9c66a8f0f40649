import { readFileSync } from 'node:fs'
import { composeServices } from '@apollo/composition'
import { parse as parseGraphQL } from 'graphql'
import { expect, it } from 'vitest'
import { parse } from 'yaml'
import { z } from 'zod'
import { loadSupergraph } from './supergraph.ts'

const lockfile = z.object({ packages: z.record(z.string(), z.unknown()) })

it('has one copy of the federation internals installed, because with two every query answers 500', () => {
  const { packages } = lockfile.parse(
    JSON.parse(readFileSync(new URL('../package-lock.json', import.meta.url), 'utf8')),
  )
  const copies = Object.keys(packages).filter(path =>
    path.endsWith('node_modules/@apollo/federation-internals'),
  )
  expect(copies).toEqual(['node_modules/@apollo/federation-internals'])
})

it('loads the composed supergraph with the subgraphs of rover.yaml', () => {
  const read = (path: string) => readFileSync(new URL(path, import.meta.url), 'utf8')
  const { subgraphs, schema } = loadSupergraph(read('../schema/supergraph.graphql'))
  const composed = z
    .object({ subgraphs: z.record(z.string(), z.unknown()) })
    .parse(parse(read('../rover.yaml')))
  expect(subgraphs.map(({ name }) => name).sort()).toEqual(Object.keys(composed.subgraphs).sort())
  expect(schema.getSubscriptionType()?.getFields()).toHaveProperty('orderUpdated')
})

it('refuses a supergraph whose fields take arguments from a context, which no fetch would pass on', () => {
  const typeDefs = parseGraphQL(`
    extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@context", "@fromContext"])
    type Query { user: User }
    type User @key(fields: "id") @context(name: "user") { id: ID! name: String! card: Card }
    type Card @key(fields: "id") { id: ID! label(name: String @fromContext(field: "$user { name }")): String }
  `)
  const { supergraphSdl = '' } = composeServices([
    { name: 'users', url: 'http://users', typeDefs },
    { name: 'others', url: 'http://others', typeDefs: parseGraphQL('type Query { other: Int }') },
  ])
  expect(supergraphSdl).toContain('@context')
  expect(() => loadSupergraph(supergraphSdl)).toThrow('context/v0.1 is for: SECURITY but is unsupported')
})
