import { readFileSync } from 'node:fs'
import { demoVariables } from '@supergraph/demo/demo-variables.ts'
import { readRecordedOperations } from '@supergraph/schema/recorded-operations.ts'
import { buildSchema, getOperationAST, getVariableValues, parse } from 'graphql'
import { expect, it } from 'vitest'

it('has variables that the API takes for each recorded operation that wants some, and for no other', () => {
  const api = buildSchema(readFileSync(new URL('../../schema/api.graphql', import.meta.url), 'utf8'))
  const operations = readRecordedOperations().map(text => getOperationAST(parse(text)))
  const wanting = operations.filter(operation => (operation?.variableDefinitions ?? []).length > 0)
  for (const operation of wanting) {
    const name = operation?.name?.value ?? ''
    const definitions = operation?.variableDefinitions ?? []
    const known = definitions.map(({ variable }) => variable.name.value)
    const given = demoVariables[name] ?? {}
    expect([name, getVariableValues(api, definitions, given).errors]).toEqual([name, undefined])
    expect(known).toEqual(expect.arrayContaining(Object.keys(given)))
  }
  const names = wanting.map(operation => operation?.name?.value)
  expect(Object.keys(demoVariables)).toEqual(
    expect.arrayContaining(names.filter(name => name !== 'NotificationAdded')),
  )
  expect(names).toEqual(expect.arrayContaining(Object.keys(demoVariables)))
})
