import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { startAuthorizedGateway } from './authorized-gateway.ts'

const refused = (...path: readonly string[]) => ({
  message: expect.stringContaining('sign in'),
  path,
  extensions: { code: 'UNAUTHORIZED_FIELD_OR_TYPE' },
})

it('nulls what is forbidden, names it, fetches none of it and answers the rest', async () => {
  const { ask, fetched } = await startAuthorizedGateway()
  const query = '{ me { id } all: people { id mail: email badges points } crowd { email id } title }'
  const { status, body } = await ask(query)
  expect(status).toBe(200)
  const person = (id: string) => ({ id, mail: null, badges: ['gold', 'silver'], points: null })
  expect(body).toEqual({
    data: {
      me: null,
      all: [person('ada'), person('grace')],
      crowd: [[{ email: null, id: 'ada' }], [{ email: null, id: 'grace' }, null]],
      title: 'Staff',
    },
    errors: [
      refused('me'),
      refused('all', '@', 'mail'),
      refused('all', '@', 'points'),
      refused('crowd', '@', 'email'),
    ],
  })
  expect(Object.keys(Array.isArray(body.data?.all) ? body.data.all[0] : {})).toEqual([
    'id',
    'mail',
    'badges',
    'points',
  ])
  expect(fetched()).toContain('badges')
  expect(fetched()).not.toMatch(/\b(me|email|points)\b/)
})

it('answers whoever has what is asked for, the same operation for each by their own authority', async () => {
  const { ask } = await startAuthorizedGateway()
  const query = '{ people { email phone notes } }'
  const everyone = [undefined, [], ['users:read'], ['users:read', 'notes:read'], []] as const
  const answers = []
  for (const scopes of everyone) answers.push((await ask(query, scopes)).body)
  expect(answers.map(({ data, errors = [] }) => [data, errors.map(({ path }) => path?.at(2))])).toEqual([
    [{ people: null }, ['email', 'phone', 'notes']],
    [{ people: null }, ['phone', 'notes']],
    [{ people: people({ phone: '1', notes: null }) }, ['notes']],
    [{ people: people({ phone: '1', notes: ['n'] }) }, []],
    [{ people: null }, ['phone', 'notes']],
  ])
})
const people = (rest: object) => ['ada', 'grace'].map(() => ({ email: 'ada@example.com', ...rest }))

it('tells staff who need a second factor first why they may have nothing', async () => {
  const { ask } = await startAuthorizedGateway()
  const { status, body } = await ask('{ people { phone } title }', ['totp:missing'])
  expect(status).toBe(200)
  expect(body).toEqual({
    data: { people: null, title: 'Staff' },
    errors: [
      {
        message: expect.stringContaining('enableTotp'),
        path: ['people', '@', 'phone'],
        extensions: { code: 'TOTP_REQUIRED' },
      },
    ],
  })
})

it('nulls the nearest object that may be null if the forbidden field may not be null', async () => {
  const { ask } = await startAuthorizedGateway()
  const query =
    '{ node(id: "grace") { ... on User { id boss { phone } deputy { id } } } must { certain { hidden } } }'
  const { body } = await ask(query)
  expect(body.data).toEqual({ node: { id: 'grace', boss: null, deputy: { id: 'ada' } }, must: null })
  const { body: further } = await ask('{ node(id: "grace") { ... on User { deputy { phone } } } title }', [])
  expect(further.data).toEqual({ node: null, title: 'Staff' })
  expect(further.errors).toEqual([refused('node', 'deputy', 'phone')])
})

it('forbids on an interface and in a union by what each object is', async () => {
  const { ask, fetched } = await startAuthorizedGateway()
  const query = `{
    ada: node(id: "ada") { ...Whole }
    robot: node(id: "r2") { ...Whole }
    found { ... on Robot { x: secret } ... on User { x: email } ... on Ledger { y: total } }
  }
  fragment Whole on Node { id ... on User { name } ... on Robot { name model } }`
  const { body } = await ask(query)
  expect(body.data).toEqual({
    ada: { id: 'ada', name: 'Ada' },
    robot: null,
    found: [{ x: null }, { x: null }, { y: null }],
  })
  expect(body.errors).toEqual([
    refused('ada', 'name'),
    refused('robot', 'name'),
    refused('found', '@', 'x'),
    refused('found', '@', 'y'),
  ])
  expect(fetched()).not.toMatch(/\b(secret|email|total)\b/)
  expect((await ask('{ found { __typename } }')).body.data).toEqual({ found: null })
})

it('does not give away a key that it needs itself to find what another subgraph knows', async () => {
  const { ask } = await startAuthorizedGateway()
  const { body } = await ask('{ card { code level } }')
  expect(body).toEqual({ data: { card: { code: null, level: 3 } }, errors: [refused('card', 'code')] })
})

it('asks no subgraph when nothing is left, and still introspects', async () => {
  const { ask, fetched } = await startAuthorizedGateway()
  const { status, body } = await ask('{ me { id } kind: __typename __type(name: "User") { name } }')
  expect([status, body]).toEqual([
    200,
    { data: { me: null, kind: 'Query', __type: { name: 'User' } }, errors: [refused('me')] },
  ])
  expect(fetched()).toBe('')
  const types = await ask('{ __schema { types { name fields { name } } } }')
  expect(types.body.errors).toBeUndefined()
  expect(JSON.stringify(types.body.data)).toContain('"phone"')
})

it('runs the permitted fields of a mutation, in order, and no forbidden one', async () => {
  const { ask, accounts } = await startAuthorizedGateway()
  const mutation =
    'mutation ($n: String!, $id: ID!) { a: rename(name: $n) { name email } promote(id: $id) { id } greet }'
  const { body } = await ask(mutation, [], { n: 'Byron', id: 'ada' })
  expect(body).toEqual({
    data: { a: { name: 'Byron', email: 'ada@example.com' }, promote: null, greet: 'hello' },
    errors: [refused('promote')],
  })
  const { body: forbidden } = await ask('mutation { promote(id: "ada") { id } }')
  expect(forbidden).toEqual({ data: { promote: null }, errors: [refused('promote')] })
  expect(accounts.received.map(({ query }) => /promote/.test(query))).toEqual([false])
})

it('obeys conditions, and refuses nothing that they take away', async () => {
  const { ask, fetched } = await startAuthorizedGateway()
  const query = 'query ($a: Boolean!) { me @include(if: $a) { id } people { id email @skip(if: $a) } }'
  expect((await ask(query, undefined, { a: true })).body).toEqual({
    data: { me: null, people: [{ id: 'ada' }, { id: 'grace' }] },
    errors: [refused('me')],
  })
  expect((await ask(query, undefined, { a: false })).body).toEqual({
    data: { people: ['ada', 'grace'].map(id => ({ id, email: null })) },
    errors: [refused('people', '@', 'email')],
  })
  expect(fetched()).not.toMatch(/\b(me|email)\b/)
})

it('says of wrong variables what it says without authorization', async () => {
  const { ask } = await startAuthorizedGateway()
  const wrong = async (query: string) => {
    const { status, body } = await ask(query, undefined, { id: {} })
    return [status, body.data, body.errors?.map(({ extensions }) => extensions)]
  }
  const answer = await wrong('query ($id: ID!) { node(id: $id) { id } me { id } }')
  expect(answer).toEqual(await wrong('query ($id: ID!) { node(id: $id) { id } }'))
  expect(answer[2]).toEqual([{ code: 'BAD_USER_INPUT' }])
})

it('passes the errors of subgraphs on beside its own', async () => {
  const { ask, badges } = await startAuthorizedGateway()
  badges.answers('with 503')
  const { body } = await ask('{ people { id email badges } }')
  expect(body.data).toEqual({ people: ['ada', 'grace'].map(id => ({ id, email: null, badges: null })) })
  expect(body.errors?.map(({ extensions }) => extensions.code)).toEqual([
    'UNAUTHORIZED_FIELD_OR_TYPE',
    'SERVICE_UNAVAILABLE',
  ])
})

it('rejects the whole operation if the gateway is told to, and fetches nothing', async () => {
  const { ask, fetched } = await startAuthorizedGateway({ UNAUTHORIZED_OPERATIONS: 'reject' })
  const query = 'query ($a: Boolean = true) { title people { name email @include(if: $a) } }'
  const { status, body } = await ask(query)
  expect([status, body]).toEqual([200, { data: null, errors: [refused('people', '@', 'email')] }])
  expect(fetched()).toBe('')
  expect((await ask(query, undefined, { a: false })).body).toEqual({
    data: { title: 'Staff', people: [{ name: 'Ada' }, { name: 'Grace' }] },
  })
  expect((await ask(query, [])).body.errors).toBeUndefined()
})

it('works on operations by name, and on each of a document for itself', async () => {
  const { socketClient, bearer } = await startAuthorizedGateway()
  const query = 'query A { me { id } title } query B { title }'
  const run = async (operationName: string, authorization?: string) => {
    const client = socketClient(authorization === undefined ? {} : { authorization })
    const { value } = await client.iterate({ query, operationName }).next()
    return value
  }
  expect(await run('A')).toEqual({ data: { me: null, title: 'Staff' }, errors: [refused('me')] })
  expect(await run('B')).toEqual({ data: { title: 'Staff' } })
  expect(await run('A', await bearer())).toEqual({ data: { me: { id: 'ada' }, title: 'Staff' } })
})

it('enforces what the committed supergraph asks for', async () => {
  const committed = readFileSync(new URL('../../schema/supergraph.graphql', import.meta.url), 'utf8')
  const { ask } = await startAuthorizedGateway({}, committed)
  const query = '{ order(id: "1") { id } users { edges { node { id } } } orders { edges { node { id } } } }'
  const { body } = await ask(query)
  expect(body).toEqual({
    data: { order: null, users: null, orders: null },
    errors: [refused('order'), refused('users'), refused('orders')],
  })
  const adjust = 'mutation { adjustStock(input: { productId: "1", delta: 1, reason: "x" }) { __typename } }'
  expect((await ask(adjust, ['users:read'])).body).toEqual({
    data: { adjustStock: null },
    errors: [refused('adjustStock')],
  })
})

it('ends an operation over a socket with an error message if it is refused for what it selects', async () => {
  const { rawSocket, fetched } = await startAuthorizedGateway({ UNAUTHORIZED_OPERATIONS: 'reject' })
  const { messages, send } = await rawSocket()
  send({ type: 'connection_init' })
  await expect.poll(() => messages).toHaveLength(1)
  send({ id: 'a', type: 'subscribe', payload: { query: '{ title me { id } }' } })
  const path = ['me']
  await expect
    .poll(() => messages.slice(1))
    .toMatchObject([
      { id: 'a', type: 'error', payload: [{ path, extensions: { code: 'UNAUTHORIZED_FIELD_OR_TYPE' } }] },
    ])
  expect(fetched()).toBe('')
})
