import type { FetchNode, PlanNode } from '@apollo/query-planner'
import { buildSchema, Kind, OperationTypeNode } from 'graphql'
import { expect, it } from 'vitest'
import type { SubgraphAnswer } from '../../subgraphs/answer.ts'
import { createAnswerRoom } from '../../subgraphs/answer-room.ts'
import type { SubgraphRequest } from '../../subgraphs/call.ts'
import { executionContext } from '../../subgraphs/context.fixture.ts'
import { createIsTrue } from './conditions.ts'
import type { PlanRun } from './run.ts'
import { compileStep } from './steps.ts'

const schema = buildSchema(`
  type Query { a: User } type User { id: ID name: String } interface Media { id: ID } type Book implements Media { id: ID }
`)

const rootFetch = (serviceName: string, operation: string): FetchNode => ({
  kind: 'Fetch',
  serviceName,
  operation,
  operationName: undefined,
  operationKind: operation.startsWith('mutation') ? OperationTypeNode.MUTATION : OperationTypeNode.QUERY,
})

const entityFetch = (path: string, selection: string, more: Partial<FetchNode> = {}): PlanNode => ({
  kind: 'Flatten',
  path: path.split('.'),
  node: {
    ...rootFetch(
      'users',
      `query ($representations: [_Any!]!) { _entities(representations: $representations) { ... on User { ${selection} } } }`,
    ),
    requires: [
      {
        kind: Kind.INLINE_FRAGMENT,
        typeCondition: 'User',
        selections: [
          { kind: Kind.FIELD, name: '__typename' },
          { kind: Kind.FIELD, name: 'id' },
        ],
      },
    ],
    ...more,
  },
})

type Asked = {
  readonly service: string
  readonly query: string
  readonly variables: Readonly<Record<string, unknown>>
}

/** Runs a step over data, with subgraphs that answer this. */
const run = async (
  node: PlanNode,
  data: Record<string, unknown>,
  answer: (asked: Asked, count: number) => SubgraphAnswer | Promise<SubgraphAnswer>,
  {
    variables = {},
    maxBytes = 1_000_000,
  }: { readonly variables?: Record<string, unknown>; readonly maxBytes?: number } = {},
) => {
  const asked: Asked[] = []
  const client = (service: string) => ({
    ask: async ({ document, variablesText, variables: valuesOf }: SubgraphRequest) => {
      const values = JSON.parse(variablesText())
      expect(valuesOf()).toEqual(values)
      const question = { service, query: document.query, variables: values }
      asked.push(question)
      return answer(question, asked.length)
    },
  })
  const clients = new Map(['users', 'books'].map(name => [name, client(name)]))
  const step = compileStep(node, { schema, clients, numbers: new Map(), isTrue: createIsTrue() })
  const state: PlanRun = {
    data,
    variables,
    context: executionContext({ room: createAnswerRoom(maxBytes) }),
    errors: [],
    withoutPlace: [],
    unknown: [],
  }
  await step(state)
  const errors = state.errors.map(({ message, path, extensions: { code } }) => ({ message, path, code }))
  return { data, asked, errors, withoutPlace: state.withoutPlace, unknown: state.unknown }
}

const user = (id: string) => ({ __typename: 'User', id })

it('merges what comes into the root, and goes on after a fetch that throws', async () => {
  const node: PlanNode = {
    kind: 'Parallel',
    nodes: [rootFetch('users', '{ a }'), rootFetch('books', '{ b }')],
  }
  const { data, errors, withoutPlace } = await run(node, { a: { x: 1 } }, ({ service }) => {
    if (service === 'books') throw new Error('broken')
    return { data: { a: { y: 2 } } }
  })
  expect(data).toEqual({ a: { x: 1, y: 2 } })
  expect(errors).toMatchObject([{ message: 'a fetch failed' }])
  expect(withoutPlace).toEqual([[]])
})

it('runs a sequence one by one, though an earlier part fails', async () => {
  const node: PlanNode = {
    kind: 'Sequence',
    nodes: [
      rootFetch('users', 'mutation { a }'),
      rootFetch('books', 'mutation { b }'),
      rootFetch('users', 'mutation { c }'),
    ],
  }
  let underWay = 0
  const { asked } = await run(node, {}, async () => {
    underWay += 1
    expect(underWay).toBe(1)
    await Promise.resolve()
    underWay -= 1
    return { data: null, errors: [{ message: 'no' }] }
  })
  expect(asked.map(({ query }) => query)).toEqual(['mutation { a }', 'mutation { b }', 'mutation { c }'])
})

it.each([
  [true, ['{ a }']],
  [false, ['{ b }']],
])('runs the part of a condition that is %s', async (value, queries) => {
  const node: PlanNode = {
    kind: 'Condition',
    condition: 'x',
    ifClause: rootFetch('users', '{ a }'),
    elseClause: rootFetch('users', '{ b }'),
  }
  const { asked } = await run(node, {}, () => ({ data: {} }), { variables: { x: value } })
  expect(asked.map(({ query }) => query)).toEqual(queries)
})

it('runs nothing for a condition without that part', async () => {
  const node: PlanNode = { kind: 'Condition', condition: 'x', ifClause: rootFetch('users', '{ a }') }
  const { asked } = await run(node, {}, () => ({ data: {} }), { variables: { x: false } })
  expect(asked).toEqual([])
})

it('asks for an entity once that is in several places, and writes it to all of them', async () => {
  const data = { x: [user('1'), user('2'), user('1')] }
  const { asked } = await run(entityFetch('x.@', 'name'), data, () => ({
    data: { _entities: [{ name: 'a' }, { name: 'b' }] },
  }))
  expect(asked[0]?.variables).toEqual({ representations: [user('1'), user('2')] })
  expect(data.x).toEqual([
    { ...user('1'), name: 'a' },
    { ...user('2'), name: 'b' },
    { ...user('1'), name: 'a' },
  ])
})

it('asks for nothing if nothing is to be asked for', async () => {
  for (const data of [
    {},
    { x: null },
    { x: [] },
    { x: [null, { __typename: 'Robot', id: '1' }, { id: '1' }] },
  ]) {
    const { asked } = await run(entityFetch('x.@', 'name'), data, () => ({ data: {} }))
    expect(asked).toEqual([])
  }
})

const together: PlanNode = {
  kind: 'Parallel',
  nodes: [
    entityFetch('x', 'name'),
    entityFetch('y.@', 'id'),
    rootFetch('books', '{ b }'),
    entityFetch('z', 'other: id'),
  ],
}

it('asks one subgraph for all of a wave at once, and leaves out no list', async () => {
  const data = { x: user('1'), y: [user('1'), user('2')], z: null }
  const { asked } = await run(together, data, ({ service }) => ({
    data: service === 'books' ? { b: 1 } : { _e0: [{ name: 'a' }], _e1: [{ id: '1' }, null], _e2: [] },
  }))
  expect(asked.map(({ service }) => service).toSorted()).toEqual(['books', 'users'])
  expect(asked.find(({ service }) => service === 'users')?.variables).toEqual({
    representations0: [user('1')],
    representations1: [user('1'), user('2')],
    representations2: [],
  })
  expect(data).toEqual({ x: { ...user('1'), name: 'a' }, y: [user('1'), user('2')], z: null, b: 1 })
})

it('asks for one list as if it were alone if the others are empty', async () => {
  const data = { x: null, y: [], z: user('1') }
  const { asked } = await run(together, data, ({ service }) => ({
    data: service === 'books' ? {} : { _entities: [{ other: '1' }] },
  }))
  expect(asked.find(({ service }) => service === 'users')?.variables).toEqual({
    representations: [user('1')],
  })
  expect(data.z).toEqual({ ...user('1'), other: '1' })
})

it('takes each error to the places of its entity, and knows which fetch an error without a place is about', async () => {
  const data = { x: user('1'), y: [user('2'), user('1'), user('2')], z: user('3') }
  const { errors, withoutPlace } = await run(together, data, ({ service }) =>
    service === 'books'
      ? { data: {} }
      : {
          data: { _e0: [null], _e1: [null, {}], _e2: [{}] },
          errors: [
            { message: 'inside', path: ['_e1', 0, 'name', 3] },
            { message: 'whole', path: ['_e0', 0] },
            { message: 'list', path: ['_e1'] },
            { message: 'nowhere' },
            { message: 'elsewhere', path: ['_e9', 0] },
            { message: 'too far', path: ['_e1', 7] },
          ],
        },
  )
  expect(errors.map(({ message, path }) => ({ message, path }))).toEqual([
    { message: 'inside', path: ['y', 0, 'name', 3] },
    { message: 'inside', path: ['y', 2, 'name', 3] },
    { message: 'whole', path: ['x'] },
    { message: 'list', path: undefined },
    { message: 'nowhere', path: undefined },
    { message: 'elsewhere', path: undefined },
  ])
  const all = [['x'], ['y', '@'], ['z']]
  expect(withoutPlace.toSorted()).toEqual([['y', '@'], ...all, ...all].toSorted())
})

it('tells errors by the keys of the answer where the plan renamed keys', async () => {
  const renamed = [
    { kind: 'KeyRenamer' as const, path: ['... on User', 'name__alias_0'], renameKeyTo: 'name' },
  ]
  const data = { x: [user('1')] }
  const inside = await run(
    entityFetch('x.@', 'name__alias_0: name', { outputRewrites: renamed }),
    data,
    () => ({
      data: { _entities: [{ name__alias_0: null }] },
      errors: [{ message: 'no', path: ['_entities', 0, 'name__alias_0', 2] }],
    }),
  )
  expect(data).toEqual({ x: [{ ...user('1'), name: null }] })
  expect(inside.errors.map(({ path }) => path)).toEqual([['x', 0, 'name', 2]])
  const root = { ...rootFetch('books', '{ a { name__alias_0: name } }'), outputRewrites: renamed }
  const { errors } = await run(root, {}, () => ({
    data: { a: null },
    errors: [{ message: 'no', path: ['a', 'name__alias_0'] }],
  }))
  expect(errors.map(({ path }) => path)).toEqual([['a', 'name']])
})

it('keeps entities that a subgraph does not know, with their places', async () => {
  const data = { x: [user('1'), user('2'), user('1')] }
  const { unknown, errors } = await run(entityFetch('x.@', 'name'), data, () => ({
    data: { _entities: [null, {}] },
  }))
  expect(unknown).toEqual([
    {
      service: 'users',
      places: [
        ['x', 0],
        ['x', 2],
      ],
    },
  ])
  expect(errors).toEqual([])
})

it.each([
  ['too few entities', { _entities: [{}] }],
  ['too many', { _entities: [{}, {}, {}] }],
  ['no list', { _entities: { name: 'a' } }],
  ['nothing', {}],
])('calls it invalid if a subgraph gives %s', async (_, given) => {
  const data = { x: [user('1'), user('2')] }
  const { errors, withoutPlace } = await run(entityFetch('x.@', 'name'), data, () => ({ data: given }))
  expect(data).toEqual({ x: [user('1'), user('2')] })
  expect(errors).toMatchObject([{ code: 'INVALID_ANSWER', path: undefined }])
  expect(withoutPlace).toEqual([['x', '@']])
})

it('keeps the type of an entity to which a subgraph gives the name of an interface', async () => {
  const data = { x: user('1') }
  await run(entityFetch('x', 'name'), data, () => ({
    data: { _entities: [{ __typename: 'Media', name: 'a' }] },
  }))
  expect(data.x).toEqual({ ...user('1'), name: 'a' })
})

it('counts an entity as often as it is written against what an operation may be answered', async () => {
  const data = { x: Array.from({ length: 10 }, () => user('1')) }
  const answer = () => ({ data: { _entities: [{ name: 'a' }] }, bytes: 100 })
  expect((await run(entityFetch('x.@', 'name'), data, answer, { maxBytes: 901 })).errors).toEqual([])
  const { errors, withoutPlace } = await run(entityFetch('x.@', 'name'), data, answer, { maxBytes: 899 })
  expect(errors).toMatchObject([{ code: 'ANSWER_TOO_LARGE' }])
  expect(withoutPlace).toEqual([['x', '@']])
})

it('asks again for each list alone if a request for several is refused, and for none twice', async () => {
  const data = { x: user('1'), y: [user('2')], z: null }
  const { asked, errors } = await run(together, data, ({ service, query }) => {
    if (service === 'books') return { data: {} }
    if (query.includes('_e1')) return { data: null, errors: [{ message: 'refused' }], isRefusal: true }
    return query.includes('name')
      ? { data: { _entities: [{ name: 'a' }] } }
      : { data: null, errors: [{ message: 'no', path: ['_entities'] }] }
  })
  expect(asked.filter(({ service }) => service === 'users')).toHaveLength(3)
  expect(data.x).toEqual({ ...user('1'), name: 'a' })
  expect(errors.map(({ message }) => message)).toEqual(['no'])
})

it('refuses a plan that names a subgraph which is not there', async () => {
  await expect(run(rootFetch('nobody', '{ a }'), {}, () => ({ data: {} }))).rejects.toThrow('nobody')
})
