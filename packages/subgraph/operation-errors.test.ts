import { GraphQLError } from 'graphql'
import { expect, it } from 'vitest'
import { formatError } from './operation-errors.ts'

const codeOf = (cause: Error) => {
  const error = new GraphQLError(cause.message, { path: ['me'], originalError: cause })
  const { message, extensions, path } = formatError(error.toJSON(), error)
  expect(path).toEqual(['me'])
  return [extensions?.code, message]
}

it.each([
  new Error('timeout exceeded when trying to connect'),
  Object.assign(new Error('canceling statement due to statement timeout'), { code: '57014' }),
  Object.assign(new Error('could not extend file'), { code: '53100' }),
  Object.assign(new Error('connect ECONNREFUSED 10.0.0.7:5432'), { code: 'ECONNREFUSED' }),
])('says that the data can not be used: $message', error => {
  expect(codeOf(error)).toEqual(['SERVICE_UNAVAILABLE', 'The data can not be used at the moment.'])
})

it.each([
  new TypeError('undefined is not a function'),
  Object.assign(new Error('duplicate key value'), { code: '23505' }),
  Object.assign(new Error('permission denied for table users'), { code: '42501' }),
  Object.assign(new Error('no such file or directory'), { code: 'ENOENT' }),
])('hides any other error: $message', error => {
  expect(codeOf(error)).toEqual(['INTERNAL_SERVER_ERROR', 'Internal server error'])
})
