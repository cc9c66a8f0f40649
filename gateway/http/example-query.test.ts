import { readFileSync } from 'node:fs'
import { buildSchema, parse, validate } from 'graphql'
import { expect, it } from 'vitest'
import { exampleQuery } from './example-query.ts'

it('shows an example that is valid on the API', () => {
  const api = buildSchema(readFileSync(new URL('../../schema/api.graphql', import.meta.url), 'utf8'))
  expect(validate(api, parse(exampleQuery))).toEqual([])
})
