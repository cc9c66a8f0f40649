import { buildSchema, getVariableValues, type OperationDefinitionNode, parse } from 'graphql'
import { describe, expect, it } from 'vitest'
import { errorWithoutStack, withoutValues } from './errors.ts'

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
      'Variable "$input" got an invalid value: String cannot represent a non string value',
    ],
    [
      { email: 'a; hunter2', password: 'hunter2', age: 'hunter2; hunter2' },
      'Variable "$input" got an invalid value.',
    ],
    ['hunter2', 'Variable "$input" got an invalid value: Expected type "Credentials" to be an object.'],
  ])('says what is wrong with %j, and repeats no value', (input, expected) => {
    const message = messageFor(input)
    expect(message).toBe(expected)
    expect(message).not.toContain('hunter2')
  })

  it('takes no longer for a long value that is made to be searched', () => {
    const startedAt = performance.now()
    expect(messageFor(`; Expected ${'A'.repeat(250_000)}`)).toBe('Variable "$input" got an invalid value.')
    withoutValues(`Enum "X" cannot represent ${'Did you mean '.repeat(20_000)}`)
    expect(performance.now() - startedAt).toBeLessThan(500)
  })

  it('leaves other messages as they are', () => {
    expect(withoutValues('Syntax Error: Unexpected Name "x".')).toBe('Syntax Error: Unexpected Name "x".')
  })
})

it('makes an error without a stack, and leaves the stacks of other errors alone', () => {
  const error = errorWithoutStack('Not for you.', { extensions: { code: 'FORBIDDEN' } })
  expect(error.stack).toBe('GraphQLError: Not for you.')
  expect(error.toJSON()).toEqual({ message: 'Not for you.', extensions: { code: 'FORBIDDEN' } })
  expect(new Error('with a stack').stack).toContain('errors.test.ts')
})
