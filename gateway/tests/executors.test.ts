import { expect, it } from 'vitest'
import { loadSupergraph } from '../supergraph.ts'
import { createApollos, createOurs } from './differential/executors.ts'
import { createExampleGraph, type Instead, type Question } from './example-graph.ts'
import { libraryExamples } from './library.fixture.ts'

const graph = createExampleGraph(libraryExamples)
const supergraph = loadSupergraph(graph.supergraphSdl)
const nothing = { seed: '', nulls: 0, errors: 0, lies: 0, outages: 0 }

/** Executes an operation by our executor and by Apollo's. */
const execute = async (
  query: string,
  variables: Readonly<Record<string, unknown>> = {},
  instead?: Instead,
) => {
  const asked: Question[] = []
  const subgraphs = graph.subgraphs(asked, instead)
  const operation = { query, variables }
  const ours = await createOurs(supergraph, subgraphs, { kind: 'anonymous' })(operation, nothing)
  const count = asked.length
  const apollos = await createApollos(supergraph, subgraphs)(operation)?.(nothing)
  return { ours, apollos, asked: asked.slice(0, count), askedByApollo: asked.slice(count) }
}

const operations: readonly {
  readonly query: string
  readonly variables?: Readonly<Record<string, unknown>>
}[] = [
  { query: '{ media { __typename id title ... on Book { weight } } }' },
  { query: '{ media { __typename title rating reviews(first: 2) { body author { name } } } }' },
  { query: '{ media { ... on Book { rating postage } ... on Film { size } } }' },
  { query: '{ shelves { title rating creators { email } } }' },
  {
    query:
      '{ hits { __typename ... on Media { title rating } ... on User { name friends(first: 1) { email } } } }',
  },
  { query: '{ hits { ... on Book { label weight } ... on User { label: name } } }' },
  { query: '{ hit(id: "ada") { ... on Film { title } } }' },
  {
    query:
      '{ hit(id: "1") { ... on Book { title } ... on Media { title rating } ...M } } fragment M on Media { id title }',
  },
  {
    query:
      '{ best { __typename rating title } latest { about { rating ... on Film { title } } author { name card } } }',
  },
  {
    query:
      '{ a: book(id: "1") { weight postage } b: book(id: "3") { postage } book(id: "1") { title postage } }',
  },
  { query: '{ book(id: "1") { cover { url of { title rating } } } }' },
  { query: '{ book(id: "3") { cover { url of { title rating } } } }' },
  { query: '{ user(id: "ada") { kind extra friends { kind extra } } }' },
  { query: '{ user(id: "nobody") { name } }' },
  { query: '{ user(id: "ada") { friends(first: 0) { name card } } }' },
  { query: '{ page(first: 5) { title } page(first: 5) { rating } page(first: 5) { rating postage } }' },
  {
    query:
      '{ constructor: book(id: "1") { toString: title hasOwnProperty: postage valueOf: cover { constructor: url } } }',
  },
  { query: '{ book(id: "1") { creators { constructor: name toString: card } } }' },
  {
    query:
      '{ __schema { queryType { name } } book(id: "1") { title __typename } __type(name: "Kind") { enumValues { name } } }',
  },
  {
    query:
      'query ($a: Boolean!, $b: Boolean = true) { book(id: "1") { title @skip(if: $a) rating @include(if: $b) ...P @include(if: $a) } } fragment P on Book { postage @skip(if: $b) }',
    variables: { a: true, b: false },
  },
  { query: 'query ($first: Int = 2) { page(first: $first) { reviews(first: $first) { body } } }' },
  {
    query: 'query ($first: Int = 2) { page(first: $first) { reviews(first: $first) { body } } }',
    variables: { first: 1 },
  },
  { query: 'query ($id: ID!) { book(id: $id) { title postage } }', variables: { id: '3' } },
  {
    query:
      'query ($a: Boolean!) { book(id: "1") @include(if: $a) { postage } user(id: "ada") @skip(if: $a) { card } }',
    variables: { a: false },
  },
]

it.each(operations)('answers $query as Apollo does', async ({ query, variables }) => {
  const { ours, apollos } = await execute(query, variables)
  expect(apollos?.failed).toBe(false)
  expect(JSON.stringify(ours.data)).toBe(JSON.stringify(apollos?.data))
  expect(ours.errors).toEqual(apollos?.errors)
  expect(Object.values(ours.data ?? {}).length).toBeGreaterThan(0)
})

it('never sends what a client writes under the name of a key as that key', async () => {
  const { ours, asked } = await execute(
    '{ book(id: "1") { id: title weight: size rating postage creators { id: __typename __typename: name card } } }',
  )
  expect(ours).toMatchObject({
    data: {
      book: {
        id: 'A book',
        weight: 0,
        rating: 0,
        postage: '10 g',
        creators: [
          { id: 'User', __typename: 'Ada', card: 'Card of Ada' },
          { id: 'User', __typename: 'Alan', card: 'Card of Alan' },
        ],
      },
    },
    errors: [],
  })
  const sent = asked.flatMap(({ variables }) => Object.values(variables)).flat()
  expect(sent).toContainEqual({ __typename: 'Book', id: '1', weight: 10 })
  for (const representation of sent)
    expect(representation).not.toMatchObject({ id: expect.stringMatching(/A book|User/) })
})

it('tells an error about a field under the name that the client gave it', async () => {
  const { ours } = await execute(
    '{ user(id: "ada") { name: email friends { id: name } } }',
    {},
    ({ service }) =>
      service === 'users'
        ? {
            data: { user: { as_name: null, friends: [{ as_id: null }] } },
            errors: [{ message: 'no', path: ['user', 'as_name'], extensions: { code: 'GONE' } }],
          }
        : undefined,
  )
  expect(ours.data).toEqual({ user: null })
  expect(ours.errors).toMatchObject([
    { code: 'GONE', path: ['user', 'name'] },
    { code: 'INVALID_ANSWER', path: ['user', 'friends', 0, 'id'] },
  ])
})

it.each([
  ['representations', 1],
  ['representations0', 1],
  ['representations1', 1],
  ['literal0', 1],
  ['constructor', 1],
])('lets a client call a variable %s', async (name, value) => {
  const query = `query ($${name}: Int, $representations_: Int = 5) {
    everybody(representations: $${name}, first: $representations_) { name }
    book(id: "1") { creators { email friends(first: $${name}) { name } } cover { of { reviews(first: $${name}) { body author { friends(first: $${name}) { name } } } } } }
  }`
  const { ours } = await execute(query, { [name]: value })
  const friends = [{ name: 'Ada' }]
  expect(ours).toMatchObject({
    data: {
      everybody: [{ name: 'Ada' }],
      book: {
        creators: [
          { email: 'ada@example.com', friends },
          { email: null, friends },
        ],
        cover: { of: { reviews: [{ body: '0 of 1', author: { friends } }] } },
      },
    },
    errors: [],
  })
})

it('takes a default, and nothing that the client has not declared, for a variable that it calls representations', async () => {
  const query =
    'query ($representations: Int = 1) { everybody(representations: $representations) { name card } }'
  for (const variables of [{}, { representations_: 2 }, { representations: undefined }]) {
    const { ours } = await execute(query, variables)
    expect(ours).toMatchObject({ data: { everybody: [{ card: 'Card of Ada' }] }, errors: [] })
    expect(ours.data).toMatchObject({ everybody: { length: 1 } })
  }
})

it('leaves fields in or out by a variable that the client calls representations', async () => {
  const query =
    'query ($representations: Boolean!) { book(id: "1") { title @include(if: $representations) postage @skip(if: $representations) } }'
  expect((await execute(query, { representations: true })).ours.data).toEqual({ book: { title: 'A book' } })
  expect((await execute(query, { representations: false })).ours.data).toEqual({ book: { postage: '10 g' } })
})

it('asks for entities in several places in one request, under names that no client can take away', async () => {
  const query = `{
    book(id: "1") { creators { _e0: name _entities: email } cover { of { creators { _e1: name representations: card } } } }
    user(id: "ada") { _e0: friends { _e1: card } }
  }`
  const { ours, apollos } = await execute(query)
  expect(ours.data).toEqual(apollos?.data)
  expect(ours.errors).toEqual([])
})

it('keeps values that count as false of fields that subgraphs are asked for under other names', async () => {
  const { ours, apollos } = await execute(
    '{ media { title ... on Book { size label } ... on Film { size label } } }',
  )
  expect(ours.data).toEqual({
    media: [
      { title: 'A book', size: 0, label: 'heavy' },
      { title: '', size: 'wide', label: false },
      { title: 'Another', size: 12, label: null },
    ],
  })
  expect(apollos?.data).toMatchObject({ media: [{ size: 0 }, { label: null }, { size: 12 }] })
})

const creators = '{ book(id: "3") { creators { NAME } rating } }'

it('names the subgraph that does not know an entity if its place can only be null then', async () => {
  const { ours } = await execute(creators.replace('NAME', 'name'))
  expect(ours.data).toEqual({ book: { creators: null, rating: 1.5 } })
  expect(ours.errors).toMatchObject([
    { code: 'ENTITY_NOT_FOUND', service: 'users', path: ['book', 'creators', 0] },
  ])
})

it('calls it no error that a subgraph does not know an entity of which only fields are asked for that may be null', async () => {
  const { ours, apollos } = await execute(creators.replace('NAME', 'email'))
  expect(ours.data).toEqual({
    book: { creators: [{ email: null }, { email: 'ada@example.com' }], rating: 1.5 },
  })
  expect(ours).toEqual({ ...apollos, hidden: [] })
})

it('says once why an entity is null, in the words of its subgraph', async () => {
  const { ours } = await execute(creators.replace('NAME', 'name'), {}, ({ service, variables }) =>
    service === 'users' && Array.isArray(variables.representations)
      ? {
          data: {
            _entities: variables.representations.map((_, index) => (index === 0 ? null : { name: 'Ada' })),
          },
          errors: [{ message: 'no', path: ['_entities', 0], extensions: { code: 'FORBIDDEN' } }],
        }
      : undefined,
  )
  expect(ours.errors).toMatchObject([{ code: 'FORBIDDEN', path: ['book', 'creators', 0] }])
})

const several = `{
  book(id: "1") { creators { NAME } cover { of { creators { email } } } }
}`.replace('NAME', 'name')

const asMerged = ({ service, query }: Question) => service === 'users' && query.includes('_e1')

it.each([
  [
    'one of the lists fails',
    { data: null, errors: [{ message: 'no', path: ['_e1'], extensions: { code: 'BROKEN' } }] },
  ],
  [
    'the request is too large',
    { data: null, errors: [{ message: 'no', extensions: { code: 'OPERATION_TOO_LARGE' } }] },
  ],
])('asks for lists of entities one by one if %s, and they were asked for together', async (_, answer) => {
  const { ours, asked } = await execute(several, {}, question => (asMerged(question) ? answer : undefined))
  expect(ours).toMatchObject({
    data: {
      book: {
        creators: [{ name: 'Ada' }, { name: 'Alan' }],
        cover: { of: { creators: [{ email: 'ada@example.com' }, { email: null }] } },
      },
    },
    errors: [],
  })
  expect(asked.filter(({ service }) => service === 'users')).toHaveLength(3)
})

it('does not ask again for lists of entities if their subgraph does not answer', async () => {
  const answer = { data: null, errors: [{ message: 'down', extensions: { code: 'SERVICE_UNAVAILABLE' } }] }
  const { ours, asked } = await execute(several, {}, question => (asMerged(question) ? answer : undefined))
  expect(ours.data).toEqual({
    book: { creators: null, cover: { of: { creators: [{ email: null }, { email: null }] } } },
  })
  expect(ours.errors).toMatchObject([{ code: 'SERVICE_UNAVAILABLE' }])
  expect(asked.filter(({ service }) => service === 'users')).toHaveLength(1)
})

it('tells what is wrong in the answer of one subgraph, though another one does not answer', async () => {
  const { ours } = await execute(
    '{ user(id: "ada") { name } book(id: "1") { creators { name } } }',
    {},
    ({ service, variables }) => {
      if (service !== 'users') return undefined
      return 'representations' in variables
        ? { data: null, errors: [{ message: 'down', extensions: { code: 'SERVICE_UNAVAILABLE' } }] }
        : { data: { user: { name: 7 } } }
    },
  )
  expect(ours.data).toEqual({ user: null, book: { creators: null } })
  expect(ours.errors).toMatchObject([
    { code: 'SERVICE_UNAVAILABLE' },
    { code: 'INVALID_ANSWER', path: ['user', 'name'] },
  ])
  expect(ours.errors).toHaveLength(2)
})
