import { expect, it } from 'vitest'
import { createClientNameIn } from './client-names.ts'

it.each([
  [{ 'apollographql-client-name': 'web' }, 'web'],
  [{ 'graphql-client-name': 'ios' }, 'ios'],
  [{ 'graphql-client-name': 'made up' }, undefined],
  [{ 'graphql-client-name': ['web'] }, undefined],
  [{}, undefined],
])('takes the name of a client that is listed: %j', (said, name) => {
  expect(createClientNameIn(['web', 'ios'])(said)).toBe(name)
})
