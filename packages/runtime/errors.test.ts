import { buildSchema, getVariableValues, type OperationDefinitionNode, parse } from 'graphql'
import { describe, expect, it } from 'vitest'
import { withoutValues } from './errors.ts'

const schema = buildSchema(
  'input Credentials { email: String! password: String! age: Int } type Query { a(input: Credentials!): Int }',
)
const [operation] = parse('query ($input: Credentials!) { a(input: $input) }').definitions

const isOperation = (node: unknown): node is OperationDefinitionNode => node === operation

const messageFor = (input: unknown): string => {
  if (!isOperation(operation)) throw new Error('no operation')
  const { errors } = getVariableValues(schema, operation.variableDefinitions ?? [], { input })
  return withoutValues(errors?.[0]?.message ?? 'no error')
}

describe('a message about a bad variable', () => {
  it.each([
    [
      { password: 'hunter2' },
      'Variable "$input" got an invalid value: Field "email" of required type "String!" was not provided.',
    ],
    [
      { email: 'a', password: 'hunter2', x: 1 },
      'Variable "$input" got an invalid value: Field "x" is not defined by type "Credentials".',
    ],
    [
      { email: 'a', password: ['hunter2'] },
      'Variable "$input" got an invalid value at "input.password": String cannot represent a non string value',
    ],
    [
      { email: 'a; hunter2', password: 'hunter2', age: 'hunter2; hunter2' },
      /^Variable "\$input" got an invalid value at "input.age"/,
    ],
    ['hunter2', 'Variable "$input" got an invalid value: Expected type "Credentials" to be an object.'],
  ])('says what is wrong with %j, and repeats no value', (input, expected) => {
    const message = messageFor(input)
    expect(message).toEqual(typeof expected === 'string' ? expected : expect.stringMatching(expected))
    expect(message).not.toContain('hunter2')
  })

  it('leaves other messages as they are', () => {
    expect(withoutValues('Syntax Error: Unexpected Name "x".')).toBe('Syntax Error: Unexpected Name "x".')
  })
})
