import { parse } from 'graphql'
import { expect, it } from 'vitest'
import { typesOf } from './fields.ts'
import { readGraph } from './read-graph.ts'

const types = typesOf(
  parse(`
    enum join__Graph { ORDERS @join__graph(name: "orders", url: "") USERS @join__graph(name: "users", url: "") }
    type User @join__type(graph: ORDERS) @join__type(graph: USERS) {
      id: ID!
      "What people call them."
      name(short: Boolean): String @join__field(graph: USERS) @deprecated(reason: "use label")
      orders: [Order!] @join__field(graph: ORDERS) @join__field(graph: USERS, external: true) @authenticated
      secret: String @join__field(graph: USERS) @inaccessible
    }
    type Order @join__type(graph: ORDERS) @requiresScopes(scopes: [["orders:read"], ["admin"]]) { id: ID! }
    type Query @join__type(graph: USERS) { me: User }
  `),
)

it('tells of each field who resolves it, who may read it, and why it is deprecated', () => {
  expect(types.map(({ name }) => name)).toEqual(['Query', 'Order', 'User'])
  const [, , user] = types
  const scopes = [['orders:read'], ['admin']]
  expect(user?.fields).toMatchObject([
    { name: 'id', signature: ': ID!', owners: ['orders', 'users'], readers: 'everyone', deprecated: null },
    {
      name: 'name',
      signature: '(short: Boolean): String',
      description: 'What people call them.',
      owners: ['users'],
      deprecated: 'use label',
    },
    { name: 'orders', owners: ['orders'], readers: scopes },
    { name: 'secret', isInternal: true },
  ])
  expect(types[1]?.fields[0]?.readers).toEqual(scopes)
})

it('reads the shop’s own graph, with the recorded operations that select a field', () => {
  const { types: own, recorded } = readGraph()
  expect(own.find(({ name }) => name === 'Product')?.fields.length).toBeGreaterThan(5)
  expect(own.flatMap(({ fields }) => fields).filter(({ owners }) => owners.length === 0)).toEqual([])
  expect(recorded.get('Product.name')).toContain('Catalogue')
})
