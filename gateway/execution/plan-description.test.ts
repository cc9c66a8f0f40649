import type { FetchNode } from '@apollo/query-planner'
import { buildSchema, OperationTypeNode, parse } from 'graphql'
import { expect, it } from 'vitest'
import { describePlan, numberFetches } from './plan-description.ts'

const schema = buildSchema(`
  type Query { user(id: ID, note: String): User } type User { name: String friend: User }
`)

const fetch = (operation: string): FetchNode => ({
  kind: 'Fetch',
  serviceName: 'users',
  operation,
  operationName: undefined,
  operationKind: OperationTypeNode.QUERY,
})

const describe = (steps: FetchNode, toClient = (path: readonly (string | number)[]) => path) =>
  describePlan({
    steps: { kind: 'Flatten', path: ['as_a', '@'], node: steps },
    numbers: numberFetches(steps),
    events: undefined,
    document: parse('{ user(id: 1) { ... on User { name } friend { name } __typename } }'),
    schema,
    keys: { toClient },
  })

it('tells what is fetched and selected, and no value', () => {
  const { text } = describe(
    fetch('query ($a: String = "canary") { user(id: 4242, note: ["canary", $a]) { name } }'),
    path => path.map(key => (key === 'as_a' ? 'a' : key)),
  )
  expect(text).not.toMatch(/canary|4242/)
  expect(JSON.parse(text ?? '')).toEqual({
    steps: {
      kind: 'fetch',
      number: 0,
      path: ['a', '@'],
      subgraph: 'users',
      operation: 'query($a:String="…"){user(id:"…" note:["…"$a]){name}}',
    },
    fields: ['Query.user', 'User.name', 'User.friend'],
  })
})

it('tells only the id of a plan that is too large', () => {
  const { id, text } = describe(fetch(`{ ${'a '.repeat(40_000)} }`))
  expect(text).toBeUndefined()
  expect(id).toMatch(/^[\da-f]{16}$/)
  expect(describe(fetch(`{ ${'b '.repeat(40_000)} }`)).id).not.toBe(id)
})

it('numbers fetches in the order in which they stand, those of both clauses of a condition too', () => {
  const [one, two, three] = ['{ a }', '{ b }', '{ c }'].map(fetch)
  if (!one || !two || !three) throw new Error('three are made')
  const numbers = numberFetches({
    kind: 'Sequence',
    nodes: [
      one,
      {
        kind: 'Condition',
        condition: 'x',
        ifClause: two,
        elseClause: { kind: 'Flatten', path: [], node: three },
      },
    ],
  })
  expect([one, two, three].map(node => numbers.get(node))).toEqual([0, 1, 2])
})
