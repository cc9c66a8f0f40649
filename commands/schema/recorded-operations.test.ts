import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { buildSchema, Kind, parse, validate } from 'graphql'
import { describe, expect, it } from 'vitest'

const schemaFolder = join(import.meta.dirname, '..', '..', 'schema')
const api = buildSchema(readFileSync(join(schemaFolder, 'api.graphql'), 'utf8'))
const files = readdirSync(join(schemaFolder, 'operations'))

describe.each(files)('schema/operations/%s', file => {
  const document = parse(readFileSync(join(schemaFolder, 'operations', file), 'utf8'))

  it('holds one operation, named like the file', () => {
    const names = document.definitions.map(definition =>
      definition.kind === Kind.OPERATION_DEFINITION ? definition.name?.value : definition.kind,
    )
    const [first = '', ...rest] = file.replace('.graphql', '').split('-')
    const words = [first, ...rest].map(word => word.charAt(0).toUpperCase() + word.slice(1))
    expect(names).toEqual([words.join('')])
  })

  it('is valid against the API', () => {
    expect(validate(api, document)).toEqual([])
  })
})

it('records operations of all three kinds', () => {
  const kinds = files.map(file => readFileSync(join(schemaFolder, 'operations', file), 'utf8').split(' ')[0])
  expect(new Set(kinds)).toEqual(new Set(['query', 'mutation', 'subscription']))
})
