import type { FetchNode, PlanNode } from '@apollo/query-planner'
import { buildSchema, getOperationAST, Kind, OperationTypeNode, parse } from 'graphql'
import { expect, it } from 'vitest'
import { createRandom, type Random } from '../../../testbed/random.ts'
import { keyOf } from '../../authorization/selections.ts'
import { readAnswer, type SubgraphAnswer } from '../../subgraphs/answer.ts'
import { createAnswerRoom } from '../../subgraphs/answer-room.ts'
import type { SubgraphRequest } from '../../subgraphs/call.ts'
import { executionContext } from '../../subgraphs/context.fixture.ts'
import { compilePlan } from './compile-plan.ts'
import { findSpliceable } from './splice.ts'

const schema = buildSchema(`
  type Query { orders: [Order] order: Order! }
  type Order { id: ID! customer: User items: [Item!]! similar: [[Product]] }
  type Item { product: Product! quantity: Int! }
  type User { id: ID! name: String! friends: [User!] }
  type Product { id: ID! name: String parts: [Part!] }
  type Part { label: String! }
`)

const rootFetch = (operation: string, more: Partial<FetchNode> = {}): FetchNode => ({
  kind: 'Fetch',
  serviceName: 'orders',
  operation,
  operationName: undefined,
  operationKind: OperationTypeNode.QUERY,
  ...more,
})

type EntityPlan = {
  readonly path: string
  readonly type: string
  readonly selection: string
  readonly more?: Partial<FetchNode>
  readonly keys?: readonly string[]
}

const entityFetch = ({ path, type, selection, more, keys = ['__typename', 'id'] }: EntityPlan): PlanNode => ({
  kind: 'Flatten',
  path: path.split('.'),
  node: {
    ...rootFetch(
      `query($representations:[_Any!]!){_entities(representations:$representations){${selection}}}`,
    ),
    serviceName: type,
    requires: [
      {
        kind: Kind.INLINE_FRAGMENT,
        typeCondition: type,
        selections: keys.map(name => ({ kind: Kind.FIELD, name })),
      },
    ],
    ...more,
  },
})

const users: EntityPlan = { path: 'orders.@.customer', type: 'User', selection: '...on User{name}' }
const products: EntityPlan = {
  path: 'orders.@.items.@.product',
  type: 'Product',
  selection: '...on Product{name parts{label}}',
}

type Case = {
  readonly query: string
  readonly root: string
  readonly entities: readonly EntityPlan[]
  readonly answers: Readonly<Record<string, unknown>>
}

const planOf = ({ root, entities }: Pick<Case, 'root' | 'entities'>): PlanNode => ({
  kind: 'Sequence',
  nodes: [rootFetch(root), { kind: 'Parallel', nodes: entities.map(entityFetch) }],
})

/** Runs a plan with subgraphs that answer these texts or values, and lets answers be spliced or not. */
const run = async ({ query, answers, ...plan }: Case, maySplice: boolean, maxBytes = 100_000) => {
  const document = parse(query)
  const operation = getOperationAST(document)
  if (operation == null) throw new Error('there is no operation')
  const asked: string[] = []
  let unread = 0
  const client = (service: string) => ({
    ask: async ({ takeData, variablesText }: SubgraphRequest): Promise<SubgraphAnswer> => {
      asked.push(`${service} ${variablesText()}`)
      const answer = answers[service]
      if (answer instanceof Error) throw answer
      const text = typeof answer === 'string' ? answer : JSON.stringify(answer)
      const read = readAnswer(service, text, maySplice ? takeData : undefined)
      if (read.text !== undefined) unread += 1
      return read
    },
  })
  const compiled = compilePlan(
    planOf(plan),
    { document, operation, keys: { of: keyOf, toClient: path => path, areRenamed: false } },
    {
      schema,
      apiSchema: schema,
      numbers: new Map(),
      clients: new Map(['orders', 'User', 'Product'].map(name => [name, client(name)])),
    },
  )
  const { data, errors } = await compiled.ready({})(
    {},
    executionContext({ room: createAnswerRoom(maxBytes) }),
    undefined,
  )
  const told = errors.map(({ message, path, extensions: { code } }) => ({ message, path, code }))
  // n.b. fetches of one wave end in any order
  const errorTexts = told.map(error => JSON.stringify(error)).toSorted()
  return { data, errors: told, errorTexts, asked, unread }
}

const user = (id: string) => ({ __typename: 'User', id })
const product = (id: string) => ({ __typename: 'Product', id })

const shop: Case = {
  query: '{ orders { id customer { id name } items { quantity product { name parts { label } id } } } }',
  root: '{orders{id customer{__typename id}items{quantity product{__typename id}}}}',
  entities: [users, products],
  answers: {
    orders: {
      data: {
        orders: [
          { id: '1', customer: user('u1'), items: [{ quantity: 1, product: product('p1') }] },
          null,
          {
            id: '2',
            customer: null,
            items: [
              { quantity: 2, product: product('p2') },
              { quantity: 3, product: product('p1') },
            ],
          },
          { id: '3', customer: user('u1'), items: [] },
        ],
      },
    },
    User: { data: { _entities: [{ name: 'Ann "},{\\"name\\":" Ü 日本' }] } },
    Product: {
      data: {
        _entities: [
          { name: 'One },{ "name":', parts: null },
          { name: null, parts: [] },
        ],
      },
    },
  },
}

it('puts entities as they came into the answer that names them, and asks for each once', async () => {
  const { data, errors, asked, unread } = await run(shop, true)
  expect(JSON.parse(data)).toEqual({
    orders: [
      {
        id: '1',
        customer: { id: 'u1', name: 'Ann "},{\\"name\\":" Ü 日本' },
        items: [{ quantity: 1, product: { name: 'One },{ "name":', parts: null, id: 'p1' } }],
      },
      null,
      {
        id: '2',
        customer: null,
        items: [
          { quantity: 2, product: { name: null, parts: [], id: 'p2' } },
          { quantity: 3, product: { name: 'One },{ "name":', parts: null, id: 'p1' } },
        ],
      },
      { id: '3', customer: { id: 'u1', name: 'Ann "},{\\"name\\":" Ü 日本' }, items: [] },
    ],
  })
  expect(errors).toEqual([])
  expect(asked.slice(1)).toEqual([
    `User {"representations":[${JSON.stringify(user('u1'))}]}`,
    `Product {"representations":[${JSON.stringify(product('p1'))},${JSON.stringify(product('p2'))}]}`,
  ])
  expect(unread).toBe(3)
})

const ofOrder = {
  query: '{ order { customer { id name } } }',
  root: '{order{customer{__typename id}}}',
  entities: [{ ...users, path: 'order.customer' }],
  answers: {
    orders: { data: { order: { customer: user('u1') } } },
    User: { data: { _entities: [{ name: 'Ann' }] } },
  },
}
const typed = { data: { _entities: [{ __typename: 'User', name: 'Ann' }] } }

it.each<readonly [string, Partial<Case>, string]>([
  ['the key first', {}, '{"id":"u1","name":"Ann"}'],
  ['the key last', { query: '{ order { customer { name id } } }' }, '{"name":"Ann","id":"u1"}'],
  ['no key', { query: '{ order { customer { name } } }' }, '{"name":"Ann"}'],
  [
    'types, by two names',
    { query: '{ order { customer { __typename id name kind: __typename } } }' },
    '{"__typename":"User","id":"u1","name":"Ann","kind":"User"}',
  ],
  [
    'a type in the entity',
    {
      entities: [{ ...users, path: 'order.customer', selection: '...on User{__typename name}' }],
      answers: { ...ofOrder.answers, User: typed },
    },
    '{"id":"u1","name":"Ann"}',
  ],
  [
    'a type beside the entity',
    {
      entities: [{ ...users, path: 'order.customer', selection: '__typename ...on User{name}' }],
      answers: { ...ofOrder.answers, User: typed },
    },
    '{"id":"u1","name":"Ann"}',
  ],
])('writes %s in the client’s order', async (_, more, expected) => {
  const { data, unread } = await run({ ...ofOrder, ...more }, true)
  expect(data).toBe(`{"order":{"customer":${expected}}}`)
  expect(unread).toBe(2)
})

it('finds entities in lists of lists', async () => {
  const { data, unread } = await run(
    {
      query: '{ order { similar { id name } } }',
      root: '{order{similar{__typename id}}}',
      entities: [{ ...products, path: 'order.similar.@.@', selection: '...on Product{name}' }],
      answers: {
        orders: {
          data: { order: { similar: [[product('1'), null], null, [], [product('2'), product('1')]] } },
        },
        Product: { data: { _entities: [{ name: 'a' }, { name: 'b' }] } },
      },
    },
    true,
  )
  const [a, b] = [
    { id: '1', name: 'a' },
    { id: '2', name: 'b' },
  ]
  expect(JSON.parse(data)).toEqual({ order: { similar: [[a, null], null, [], [b, a]] } })
  expect(unread).toBe(2)
})

const { orders } = shop.answers
const both = [
  { name: 'One', parts: null },
  { name: 'Two', parts: [{ label: 'x' }] },
]

it.each<readonly [string, Readonly<Record<string, unknown>>]>([
  ['what is regular', {}],
  [
    'a failure in an entity',
    { User: { data: { _entities: [null] }, errors: [{ message: 'no', path: ['_entities', 0] }] } },
  ],
  [
    'a failure in the root',
    { orders: { ...Object(orders), errors: [{ message: 'no', path: ['orders', 0, 'id'] }] } },
  ],
  ['an entity that there is not', { User: { data: { _entities: [null] } } }],
  ['a null that may not be', { User: { data: { _entities: [{ name: null }] } } }],
  ['less entities than were asked for', { Product: { data: { _entities: [{ name: 'One', parts: [] }] } } }],
  ['more entities than were asked for', { Product: { data: { _entities: [...both, ...both] } } }],
  ['no entities', { Product: { data: { _entities: [] } } }],
  ['no data', { Product: { data: null, errors: [{ message: 'no' }] } }],
  ['what is no answer', { Product: new Error('broken') }],
  ['other fields than were asked for', { User: { data: { _entities: [{ name: 'Ann', id: 'other' }] } } }],
  [
    'fields in another order',
    { Product: { data: { _entities: both.map(({ name, parts }) => ({ parts, name })) } } },
  ],
  [
    'keys with what is escaped',
    { orders: { data: { orders: [{ id: '1', customer: user('a"b'), items: [] }] } } },
  ],
  [
    'a key that is a number',
    { orders: { data: { orders: [{ id: '1', customer: { ...user(''), id: 5 }, items: [] }] } } },
  ],
  ['another type', { orders: { data: { orders: [{ id: '1', customer: product('1'), items: [] }] } } }],
  ['nothing to ask for', { orders: { data: { orders: [] } } }],
  ['no list', { orders: { data: { orders: null } } }],
])('answers alike whether it reads or splices: %s', async (_, answers) => {
  const answered = { ...shop, answers: { ...shop.answers, ...answers } }
  const [spliced, read] = [await run(answered, true), await run(answered, false)]
  expect({ ...spliced, unread: 0 }).toEqual(read)
})

it('counts an entity as often as it is written', async () => {
  const name = 'x'.repeat(1_000)
  const several = {
    ...shop,
    answers: {
      orders: {
        data: {
          orders: Array.from({ length: 50 }, (_, id) => ({
            id: String(id),
            customer: user('u1'),
            items: [],
          })),
        },
      },
      User: { data: { _entities: [{ name }] } },
    },
  }
  expect(await run(several, true, 60_000)).toMatchObject({ errors: [], unread: 2 })
  const [spliced, read] = [await run(several, true, 40_000), await run(several, false, 40_000)]
  expect({ ...spliced, unread: 0 }).toEqual(read)
  expect(spliced.errors.map(({ code }) => code)).toEqual(['ANSWER_TOO_LARGE'])
})

it.each<readonly [string, Partial<Case>]>([
  [
    'fields of an entity that do not stand together',
    { query: '{ order { customer { name id friends { id } } } }' },
  ],
  ['a key by another name', { query: '{ order { customer { key: id name } } }' }],
  ['more of the reference than its key', { root: '{order{customer{__typename id name}}}' }],
  ['more than the client asks for', { root: '{order{id customer{__typename id}}}' }],
])('reads %s', async (_, more) => {
  const { unread } = await run({ ...ofOrder, ...more }, true)
  expect(unread).toBe(0)
})

it('reads entities whose objects inside can not be told from the next entity', async () => {
  const nested = {
    ...ofOrder,
    query: '{ order { customer { id friends { friends { id } } } } }',
    entities: [{ ...users, path: 'order.customer', selection: '...on User{friends{friends{id}}}' }],
  }
  expect((await run(nested, true)).unread).toBe(0)
})

it('reads references that can not be told from what the client asks for', async () => {
  const twice = {
    ...ofOrder,
    query: '{ order { customer { id name } } orders { customer { __typename id } } }',
    root: '{order{customer{__typename id}}orders{customer{__typename id}}}',
  }
  expect((await run(twice, true)).unread).toBe(0)
})

it.each<readonly [string, readonly EntityPlan[]]>([
  ['a key of several fields', [{ ...users, keys: ['__typename', 'id', 'name'] }]],
  ['two fetches from one subgraph', [users, { ...products, more: { serviceName: 'User' } }]],
  ['two fetches of one type', [users, { ...users, path: 'orders.@.other', more: { serviceName: 'others' } }]],
  ['values that are rewritten', [{ ...users, more: { outputRewrites: [] } }]],
])('does not splice %s', (_, entities) => {
  expect(findSpliceable(planOf({ root: '{orders{id}}', entities }), schema)).toBeUndefined()
})

// n.b. texts that look like what is looked for
const texts: readonly [string, ...string[]] = [
  '',
  'Ann',
  '"',
  '\\',
  '},{',
  '"},{"name":"',
  '{"__typename":"User","id":"u1"}',
  '{\\"__typename',
  ']}}',
  'é',
  '日本',
  '😀',
  '\u2028',
  '\n',
]
const textFrom = (random: Random): string =>
  Array.from({ length: random.integer(0, 3) }, () => random.pick(texts)).join('')

/** Answers of every size, in most of which nothing is wrong. */
const answersFrom = (random: Random) => {
  const someOf = <T>(most: number, make: () => T): T[] =>
    Array.from({ length: random.integer(0, most) }, make)
  const idOf = (letter: string) =>
    random.chance(0.02) ? textFrom(random) : `${letter}${random.integer(1, 4)}`
  const given = someOf(4, () => ({
    id: textFrom(random),
    customer: random.chance(0.2) ? null : user(idOf('u')),
    items: someOf(3, () => ({ quantity: random.integer(-1, 1_000), product: product(idOf('p')) })),
  }))
  const [customers, items] = [
    new Set(given.flatMap(({ customer }) => customer?.id ?? [])),
    new Set(given.flatMap(order => order.items.map(item => item.product.id))),
  ]
  return {
    orders: { data: { orders: given } },
    User: { data: { _entities: [...customers].map(() => ({ name: textFrom(random) })) } },
    Product: {
      data: {
        _entities: [...items].map(() => ({
          name: random.chance(0.1) ? null : textFrom(random),
          parts: random.chance(0.2) ? null : someOf(2, () => ({ label: textFrom(random) })),
        })),
      },
    },
  }
}

/** A text of which a piece is missing, or is there twice, or another one is. */
const damaged = (random: Random, text: string): string => {
  const [from, length] = [random.integer(0, text.length - 1), random.integer(0, 12)]
  const piece = random.pick(['', text.slice(from, from + 2 * length), 'null', '"', ',', '{}', '0', ' '])
  // n.b. what is decoded from bytes has no half characters
  return (text.slice(0, from) + piece + text.slice(from + length)).toWellFormed()
}

it('answers 3,000 times alike whether it reads or splices, whatever the texts are', async () => {
  const random = createRandom('splice')
  let unread = 0
  for (let round = 0; round < 3_000; round += 1) {
    const own = random.fork(String(round))
    const answers = Object.fromEntries(
      Object.entries(answersFrom(own)).map(([name, answer]) => {
        const text = JSON.stringify(answer)
        return [name, own.chance(0.15) ? damaged(own, text) : text]
      }),
    )
    const answered = { ...shop, answers }
    const [spliced, read] = [await run(answered, true), await run(answered, false)]
    const unordered = { unread: 0, errors: [] }
    expect({ ...spliced, ...unordered }, JSON.stringify(answers)).toEqual({ ...read, ...unordered })
    if (spliced.unread > 1) unread += 1
  }
  expect(unread).toBeGreaterThan(1_000)
})
