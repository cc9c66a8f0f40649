import type { Viewer } from '@supergraph/runtime/identity.ts'
import { parse, print, validate } from 'graphql'
import { expect, it } from 'vitest'
import { loadSupergraph } from '../supergraph.ts'
import { createAuthorityOf } from './authority.ts'
import { createIsForbidden } from './forbidden-fields.ts'
import { refusalErrors } from './refusals.ts'
import { restrictionOf } from './restriction.ts'
import { markForbidden } from './selections.ts'
import { authorizedSupergraph, nobody, operationIn, someone } from './supergraph.fixture.ts'

const { schema, requirements } = loadSupergraph(
  authorizedSupergraph({ accounts: 'http://accounts', badges: 'http://badges' }),
)
const isForbidden = createIsForbidden(schema, requirements)
const authorityOf = createAuthorityOf(requirements)

const restrict = (query: string, viewer: Viewer) => {
  const source = operationIn(query)
  return restrictionOf(source.operation, markForbidden(schema, isForbidden, source, authorityOf(viewer)))
}

const restrictFor = (query: string, viewer = nobody) => {
  expect(validate(schema, parse(query))).toEqual([])
  const restriction = restrict(query, viewer)
  for (const document of [restriction?.permitted, restriction?.shaped]) {
    if (document !== undefined) expect(validate(schema, document)).toEqual([])
  }
  return restriction
}

/** What is left of a query to fetch, and the paths that are refused. */
const leftOf = (query: string, viewer = nobody, variables = {}) => {
  const restriction = restrictFor(query, viewer)
  return {
    fetched: restriction?.permitted === undefined ? undefined : oneLine(print(restriction.permitted)),
    refused: refusalErrors(restriction?.refusals ?? [], variables).map(({ path }) => path?.join('.')),
  }
}
const oneLine = (text: string) => text.replace(/\s+/g, ' ').trim()

it('leaves an operation alone that selects nothing forbidden', () => {
  expect(restrictFor('{ people { id name badges } __schema { types { name } } }')).toBeUndefined()
  expect(restrictFor('{ me { email phone notes } }', someone('users:read', 'notes:read'))).toBeUndefined()
})

it('takes out what is forbidden, by response keys, and names the elements of lists', () => {
  const query = '{ who: me { id } all: people { mail: email name } crowd { boss { notes } id } }'
  expect(leftOf(query)).toEqual({
    fetched: '{ all: people { name } crowd { boss { __typename } id } }',
    refused: ['who', 'all.@.mail', 'crowd.@.boss.notes.@'],
  })
})

it('wants all scopes of any one set', () => {
  const notes = '{ people { notes } }'
  const allowed = [['users:read', 'notes:read'], ['users:manage'], ['users:manage', 'x']]
  const refused = [[], ['users:read'], ['notes:read'], ['x']]
  expect(allowed.map(scopes => restrictFor(notes, someone(...scopes)))).toEqual(allowed.map(() => undefined))
  expect(refused.map(scopes => leftOf(notes, someone(...scopes)).refused)).toEqual(
    refused.map(() => ['people.@.notes.@']),
  )
})

it('forbids the fields that return a forbidden object, scalar or enum', () => {
  expect(leftOf('{ salary rank ledger { total } title }').refused).toEqual(['salary', 'rank', 'ledger'])
  expect(leftOf('{ salary rank ledger { balance } }', someone()).refused).toEqual([
    'salary',
    'ledger.balance',
  ])
})

it('looks into fragments, spread or inline, wherever they are used', () => {
  const query = `
    query ($id: ID!) { people { ...Contact } node(id: $id) { ... { ...Contact } ... on Robot { model secret } } }
    fragment Contact on User { id boss { email } }
  `
  expect(leftOf(query)).toEqual({
    fetched: oneLine(`query ($id: ID!) {
      people { ... on User { id boss { __typename } } }
      node(id: $id) { ... { ... on User { id boss { __typename } } } ... on Robot { model } } }`),
    refused: ['people.@.boss.email', 'node.boss.email', 'node.secret'],
  })
})

it('forbids on an interface what one of its objects forbids, and not on the objects that allow it', () => {
  const query = '{ node(id: 1) { id name ... on User { name } ... on Robot { model } } }'
  expect(leftOf(query)).toEqual({
    fetched: '{ node(id: 1) { id __typename ... on User { name } ... on Robot { model } } }',
    refused: ['node.name'],
  })
})

it('does not tell what a union holds that may hold something forbidden', () => {
  expect(leftOf('{ found { __typename } }').refused).toEqual(['found.@.__typename'])
  expect(leftOf('{ found { ... on Ledger { total } ... on User { id } } }')).toEqual({
    fetched: '{ found { ... on User { id } } }',
    refused: ['found.@.total'],
  })
  expect(restrictFor('{ found { __typename } }', someone())).toBeUndefined()
})

it('forbids one key in one fragment and keeps it in another', () => {
  const { nulls, shaped } =
    restrictFor('{ found { ... on User { x: name } ... on Robot { x: name } } }') ?? {}
  expect(shaped && oneLine(print(shaped))).toBe(
    '{ found { ... on User { x: name } ... on Robot { #0: __typename } } }',
  )
  expect(nulls?.fields.get('found')?.nulls.standIns).toEqual(new Map([['#0', { key: 'x', nonNull: true }]]))
})

it('names one refusal once, however often it is selected', () => {
  expect(leftOf('{ me { id } me { name } ...A } fragment A on Query { me { email } }').refused).toEqual([
    'me',
  ])
})

it('keeps conditions, and refuses nothing that they take away', () => {
  const query = `query ($a: Boolean = false, $b: Boolean!) {
    title
    me @include(if: $a) { id }
    people { ... @skip(if: $b) { email } name phone @include(if: false) }
  }`
  const { shaped } = restrictFor(query) ?? {}
  expect(shaped && oneLine(print(shaped))).toContain('#0: __typename @include(if: $a)')
  expect(shaped && oneLine(print(shaped))).toContain('... @skip(if: $b) { #1: __typename }')
  expect(leftOf(query, nobody, { a: true, b: true }).refused).toEqual(['me'])
  expect(leftOf(query, nobody, { a: false, b: false }).refused).toEqual(['people.@.email'])
  expect(leftOf(query, nobody, { a: false, b: true }).refused).toEqual([])
})

it('keeps the variables that are still used, and no other', () => {
  const query =
    'query ($id: ID!, $n: Int, $t: String) { node(id: $id) { id } me { badges(first: $n) } found(text: $t) { __typename } }'
  expect(leftOf(query)).toEqual({
    fetched: 'query ($id: ID!, $t: String) { node(id: $id) { id } found(text: $t) { __typename } }',
    refused: ['me', 'found.@.__typename'],
  })
})

it('has nothing to fetch when the whole root is forbidden', () => {
  expect(leftOf('{ me { id } salary }')).toEqual({ fetched: undefined, refused: ['me', 'salary'] })
  expect(leftOf('mutation { promote(id: 1) { id } greet rename(name: "x") { id email } }')).toEqual({
    fetched: 'mutation { greet rename(name: "x") { id } }',
    refused: ['promote', 'rename.email'],
  })
})

it('counts viewers as equal who differ in nothing that the supergraph asks for', () => {
  const keyOf = (...scopes: readonly string[]) => authorityOf(someone(...scopes)).key
  expect(keyOf('users:read', 'x', 'notes:read')).toBe(keyOf('notes:read', 'users:read', 'users:read'))
  expect(new Set([keyOf(), keyOf('users:read'), authorityOf(nobody).key]).size).toBe(3)
})

it('gives two authorities together what both have', () => {
  const both = authorityOf(someone('users:read', 'users:manage')).and(authorityOf(someone('users:read', 'x')))
  expect(both.key).toBe(authorityOf(someone('users:read')).key)
  expect(authorityOf(someone('users:read')).and(authorityOf(nobody)).key).toBe('anonymous')
  expect(authorityOf(nobody).and(authorityOf(someone('users:read'))).key).toBe('anonymous')
})
