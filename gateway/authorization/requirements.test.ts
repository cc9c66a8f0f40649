import { readFileSync } from 'node:fs'
import { parse, print } from 'graphql'
import { expect, it } from 'vitest'
import { loadSupergraph } from '../supergraph.ts'
import { readRequirements } from './requirements.ts'
import { authorizedSupergraph } from './supergraph.fixture.ts'

const sdl = authorizedSupergraph({ accounts: 'http://accounts', badges: 'http://badges' })
const committed = readFileSync(new URL('../../schema/supergraph.graphql', import.meta.url), 'utf8')

it('reads what fields, objects, scalars and enums ask for', () => {
  const { types, fields } = readRequirements(parse(sdl))
  expect(Object.fromEntries(types)).toEqual({
    Ledger: [[[]]],
    Pay: [[['users:read']]],
    Rank: [[[]]],
  })
  expect(fields.get('Query.me')).toEqual([[[]]])
  expect(fields.get('User.notes')?.[0]?.map(set => set.toSorted())).toEqual([
    ['notes:read', 'users:read'],
    ['users:manage'],
  ])
  expect(fields.has('User.name')).toBe(false)
})

it('reads an interface, both directives on one field, and directives under other names', () => {
  const renamed = `
    schema
      @link(url: "https://specs.apollo.dev/authenticated/v0.1", as: "signedIn", for: SECURITY)
      @link(url: "https://specs.apollo.dev/requiresScopes/v0.1", import: [{ name: "@requiresScopes", as: "@needs" }])
    { query: Query }
    interface Node @signedIn { id: ID! }
    type Query { a: Int @signedIn @needs(scopes: [["x"]]) b: Int @authenticated @requiresScopes(scopes: [["x"]]) }
  `
  const { types, fields } = readRequirements(parse(renamed))
  expect(Object.fromEntries(types)).toEqual({ Node: [[[]]] })
  expect(Object.fromEntries(fields)).toEqual({ 'Query.a': [[[]], [['x']]] })
})

it('loads the committed supergraph as it is, with what it asks for', () => {
  expect(committed).toContain('authenticated/v0.1", for: SECURITY')
  expect(committed).toContain('requiresScopes/v0.1", for: SECURITY')
  const { requirements, sdl: loaded, schema } = loadSupergraph(committed)
  expect(requirements.fields.get('Query.order')).toEqual([[[]]])
  expect(requirements.fields.get('Query.users')).toEqual([[['users:read']]])
  expect(requirements.fields.get('Mutation.adjustStock')).toEqual([[['catalog:write']]])
  expect(schema.getDirective('authenticated')).toBeUndefined()
  const purposes = print(parse(loaded)).match(/\/[a-z]+\/v[\d.]+", for: \w+/gi)
  expect(purposes).toEqual(['/join/v0.5", for: EXECUTION', '/inaccessible/v0.2", for: SECURITY'])
})

it('refuses a supergraph whose security it does not enforce', () => {
  const refused = (changed: string, url: string) =>
    expect(() => loadSupergraph(changed)).toThrow(`feature ${url} is for: SECURITY but is unsupported`)
  const policy = 'https://specs.apollo.dev/policy/v0.1'
  refused(sdl.replace('schema\n', `schema @link(url: "${policy}", for: SECURITY)\n`), policy)
  const later = 'https://specs.apollo.dev/authenticated/v0.9'
  refused(sdl.replace('https://specs.apollo.dev/authenticated/v0.1', later), later)
})
