import { buildSchema, getVariableValues, Kind, parse } from 'graphql'
import { expect, it } from 'vitest'
import { createCoerceVariables } from './variables.ts'

const schema = buildSchema(
  'enum Level { LOW HIGH } input Box { width: Int! = 1 } type Query { a(id: ID, float: Float): Int }',
)
const types = ['ID', 'String', 'Int', 'Float', 'Boolean', 'Level', 'Box', '[Int!]']
const values = [
  ...[
    '',
    'a',
    '1',
    'LOW',
    0,
    -0,
    1,
    -1,
    1.5,
    2 ** 31 - 1,
    2 ** 31,
    -(2 ** 31),
    -(2 ** 31) - 1,
    2 ** 53,
    1e300,
  ],
  ...[Number.NaN, Number.POSITIVE_INFINITY, true, false, null, undefined, [], [1], {}, { width: 2 }],
]

const definitionsOf = (text: string) => {
  const [definition] = parse(`query(${text}) { a }`).definitions
  return definition?.kind === Kind.OPERATION_DEFINITION ? (definition.variableDefinitions ?? []) : []
}

it.each(
  types.flatMap(type => [type, `${type}!`]),
)('coerces every value for a variable of type %s as graphql does', type => {
  const coerceVariables = createCoerceVariables(schema)
  const expectSame = (text: string, given: object) => {
    const { coerced, errors } = coerceVariables(definitionsOf(text), { ...given })
    const expected = getVariableValues(schema, definitionsOf(text), { ...given }, { maxErrors: 3 })
    expect(coerced).toEqual(expected.coerced)
    expect(Object.keys(coerced ?? {})).toEqual(Object.keys(expected.coerced ?? {}))
    expect(errors?.map(String)).toEqual(expected.errors?.slice(0, 3).map(String))
  }
  for (const value of values) expectSame(`$a: ${type}`, { a: value, undeclared: 1 })
  expectSame(`$a: ${type}`, {})
  expectSame(`$constructor: ${type} $b: String`, { b: 'b' })
})

it('gives a variable that is left out its default', () => {
  const coerceVariables = createCoerceVariables(schema)
  const definitions = definitionsOf('$a: Int = 3 $b: String')
  expect(coerceVariables(definitions, {})).toEqual({ coerced: { a: 3 } })
  expect(coerceVariables(definitions, { a: null, b: 'b' })).toEqual({ coerced: { a: null, b: 'b' } })
})
