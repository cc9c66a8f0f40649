import { expect, it } from 'vitest'
import { createNamedClientIn } from './named-clients.ts'

it.each([
  [{ 'apollographql-client-name': 'web' }, 'web'],
  [{ 'graphql-client-name': 'ios' }, 'ios'],
  [{ 'graphql-client-name': 'made up' }, undefined],
  [{ 'graphql-client-name': ['web'] }, undefined],
  [{}, undefined],
  [{ 'graphql-client-name': 'Läden', 'graphql-client-version': '1' }, 'Läden'],
])('takes the name of a client that is listed: %j', (said, name) => {
  expect(createNamedClientIn(['web', 'ios', 'Läden'])(said).listedName).toBe(name)
})

it.each([
  [{ 'apollographql-client-name': 'web', 'apollographql-client-version': '1.2' }, 'web', '1.2'],
  [{ 'graphql-client-name': 'made up' }, 'made up', ''],
  [{ 'graphql-client-version': '7' }, '', '7'],
  [{ 'graphql-client-name': '<script>', 'graphql-client-version': 'x'.repeat(61) }, '', ''],
  [{ 'graphql-client-name': ['web'], 'graphql-client-version': 4 }, '', ''],
  [{}, '', ''],
])('knows what a client calls itself: %j', (said, name, version) => {
  const clientIn = createNamedClientIn(['web'])
  expect(clientIn(said)).toMatchObject({ name, version })
  expect(clientIn({ ...said })).toBe(clientIn(said))
})

it('knows clients still after strangers have made up thousands of names', () => {
  const clientIn = createNamedClientIn([])
  for (let index = 0; index < 3_000; index += 1) clientIn({ 'graphql-client-name': `stranger ${index}` })
  expect(clientIn({ 'graphql-client-name': 'web' })).toBe(clientIn({ 'graphql-client-name': 'web' }))
})
