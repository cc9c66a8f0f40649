import { readdirSync, readFileSync } from 'node:fs'
import { createIdentityKeys } from '@supergraph/runtime/identity.ts'
import { getIntrospectionQuery } from 'graphql'
import { it } from 'vitest'
import { readEnvironment } from '../environment.ts'
import { exampleQuery } from '../http/explorers.ts'
import { createDocuments } from './documents.ts'

const { keys } = await createIdentityKeys(['gateway'])
const settings = readEnvironment({ IDENTITY_KEY: keys.gateway })
const half = (allowed: number) => Math.floor(allowed / 2)

const operations = new URL('../../schema/operations/', import.meta.url)
const recorded = readdirSync(operations).map(file => readFileSync(new URL(file, operations), 'utf8'))

it('takes the operations of our clients with as much again to spare', () => {
  const { parse } = createDocuments({
    MAX_TOKENS: half(settings.MAX_TOKENS),
    MAX_ROOT_FIELDS: half(settings.MAX_ROOT_FIELDS),
    MAX_ALIASES: half(settings.MAX_ALIASES),
    MAX_DIRECTIVES: half(settings.MAX_DIRECTIVES),
    MAX_DEPTH: settings.MAX_DEPTH - 2,
  })
  for (const operation of [...recorded, exampleQuery]) parse(operation)
})

it.each([
  ['as graphql writes it', {}],
  [
    'with all that explorers ask for',
    {
      descriptions: true,
      specifiedByUrl: true,
      directiveIsRepeatable: true,
      schemaDescription: true,
      inputValueDeprecation: true,
      oneOf: true,
      typeDepth: 20,
    },
  ],
])('takes the introspection query %s', (_name, options) => {
  createDocuments(settings).parse(getIntrospectionQuery(options))
})
