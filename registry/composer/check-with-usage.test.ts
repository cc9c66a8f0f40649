import { composeSubgraphs } from '@supergraph/composition/composition.ts'
import { expect, it } from 'vitest'
import type { LiveUsage } from '../usage/live-usage.ts'
import { checkWithUsage } from './check-with-usage.ts'

const sdl = `
  type Query {
    "A pet."
    pet(id: ID!, loud: Boolean): Pet
    "Animals."
    animals(of: Filter, kind: Kind): [Animal!]
    "All kinds."
    kinds: [Kind!]
  }
  "An animal."
  interface Animal {
    "Its name."
    name: String
  }
  union Pet = Dog | Cat
  type Dog implements Animal {
    "Its name."
    name: String
    "Its tail."
    tail: Int
  }
  type Cat implements Animal {
    "Its name."
    name: String
    "Its lives."
    lives: Int
  }
  enum Kind { DOG CAT }
  input Filter { name: String age: Int }
`
const subgraphsWith = (from: string | RegExp, to: string) => [
  { name: 'pets', url: 'http://pets', sdl: sdl.replace(from, to) },
]
const graphWith = (from: string | RegExp, to: string) => {
  const subgraphs = subgraphsWith(from, to)
  return { subgraphs, composition: composeSubgraphs(subgraphs), operations: [] }
}
const base = graphWith('', '')

const live = (...texts: readonly string[]): LiveUsage => ({
  operations: texts.map(text => ({ file: 'unnamed', text, clients: ['web 1.2 (3 times)'] })),
  isIncomplete: false,
  period: 'in the last 30 days',
})

const check = async (
  from: string | RegExp,
  to: string,
  usage: LiveUsage | undefined,
  recorded: readonly string[] = [],
) => {
  const operations = recorded.map(text => ({ file: 'Recorded', text }))
  const { changes } = await checkWithUsage({ ...graphWith(from, to), operations }, base, usage)
  return changes
}

const everything =
  'query All { pet(id: 0, loud: true) { ... on Dog { name } ... on Cat { lives } } kinds animals(of: { age: 0 }) { name } }'

it.each([
  [
    'a field',
    /"Its tail."\s+tail: Int/,
    '',
    'FIELD_REMOVED',
    'query A { pet(id: 0) { ... on Dog { tail } } }',
  ],
  [
    'a field of an interface',
    /"Its name."\s+name: String/g,
    'called: String',
    'FIELD_REMOVED',
    'query A { animals { name } }',
  ],
  [
    'a type of a field',
    'lives: Int',
    'lives: String',
    'FIELD_TYPE_CHANGED',
    'query A { pet(id: 0) { ... on Cat { lives } } }',
  ],
  [
    'an argument',
    ', loud: Boolean',
    '',
    'FIELD_ARGUMENT_REMOVED',
    'query A { pet(id: 0, loud: true) { __typename } }',
  ],
  [
    'a new argument that is required',
    'loud: Boolean',
    'loud: Boolean, new: Int!',
    'FIELD_ARGUMENT_ADDED',
    'query A { pet(id: 0) { __typename } }',
  ],
  ['an enum value', 'DOG CAT', 'DOG', 'ENUM_VALUE_REMOVED', 'query A { kinds }'],
  [
    'an enum value that a variable may have',
    'DOG CAT',
    'DOG',
    'ENUM_VALUE_REMOVED',
    'query A($kind: Kind) { animals(kind: $kind) { name } }',
  ],
  [
    'a field of an input',
    'age: Int',
    '',
    'INPUT_FIELD_REMOVED',
    'query A { animals(of: { age: 0 }) { name } }',
  ],
  [
    'a field of an input that a variable may have',
    'age: Int',
    '',
    'INPUT_FIELD_REMOVED',
    'query A($of: Filter) { animals(of: $of) { name } }',
  ],
  [
    'a new field of an input that is required',
    'age: Int',
    'age: Int new: Int!',
    'INPUT_FIELD_ADDED',
    'query A { animals(of: { name: "" }) { name } }',
  ],
  [
    'a member of a union',
    'Dog | Cat',
    'Dog',
    'UNION_MEMBER_REMOVED',
    'query A { pet(id: 0) { __typename } }',
  ],
])('lets %s go that no client uses, and not one that a client uses', async (_title, from, to, code, user) => {
  const fails = (findings: Awaited<ReturnType<typeof check>>) =>
    findings.filter(({ status }) => status === 'FAIL')
  const unknown = await check(from, to, undefined)
  expect(fails(unknown)).toEqual(expect.arrayContaining([expect.objectContaining({ code, operations: [] })]))

  const unused = await check(from, to, live('query Other { __typename }'))
  expect(fails(unused)).toEqual([])
  expect(unused).toContainEqual(
    expect.objectContaining({ code, message: expect.stringMatching(/ \(not used in the last 30 days\)$/) }),
  )

  const used = await check(from, to, live(user))
  expect(fails(used)).toContainEqual(
    expect.objectContaining({ code, operations: ['A of web 1.2 (3 times)'] }),
  )
  const recorded = await check(from, to, live('query Other { __typename }'), [user])
  expect(fails(recorded)).toContainEqual(expect.objectContaining({ code, operations: ['A'] }))
})

it('does not let go what operations may use that are not told apart', async () => {
  const usage = { ...live('query Other { __typename }'), isIncomplete: true }
  expect(await check('age: Int', '', usage)).toEqual([
    expect.objectContaining({
      status: 'FAIL',
      message: expect.stringContaining(
        '(may be in use: some operations in the last 30 days are not told apart)',
      ),
    }),
  ])
})

it('leaves out what clients run although the API of now refuses it', async () => {
  const usage = live('query Old { gone }', 'no GraphQL {', `{ ${'a { '.repeat(20_000)}`, everything)
  expect(await check('', '', usage)).toEqual([])
  expect(await check(/"Its tail."\s+tail: Int/, '', usage)).toEqual([
    expect.objectContaining({ status: 'PASS', code: 'FIELD_REMOVED' }),
  ])
})

it('says which operation breaks, of which clients, how often', async () => {
  const findings = await check(/"All kinds."\s+kinds: \[Kind!\]/, '', live(everything))
  expect(findings).toEqual([
    expect.objectContaining({ code: 'OPERATION_INVALID', operations: ['All of web 1.2 (3 times)'] }),
    expect.objectContaining({ code: 'FIELD_REMOVED', operations: ['All of web 1.2 (3 times)'] }),
  ])
})

it('does not let a directive go: usage does not tell who uses it', async () => {
  const withDirective = graphWith('type Query', 'directive @loud on FIELD type Query')
  const { changes } = await checkWithUsage(
    graphWith('', ''),
    withDirective,
    live('query Other { __typename }'),
  )
  expect(changes).toEqual([expect.objectContaining({ status: 'FAIL', code: 'DIRECTIVE_REMOVED' })])
})
