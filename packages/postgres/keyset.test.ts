import { GraphQLError } from 'graphql'
import { expect, it } from 'vitest'
import { z } from 'zod'
import { decodeCursor, encodeCursor, pageSize, toConnection } from './keyset.ts'

const shape = z.tuple([z.string(), z.number()])

function refusal(action: () => unknown): GraphQLError {
  try {
    action()
  } catch (error) {
    if (error instanceof GraphQLError) return error
    throw error
  }
  throw new Error('nothing was refused')
}

it('gives back the values of a cursor', () => {
  expect(decodeCursor(encodeCursor(['Ürün "7"', 42]), shape)).toEqual(['Ürün "7"', 42])
})

it('keeps cursors safe in URLs', () => {
  expect(encodeCursor(['???>>>', 1])).toMatch(/^[\w-]+$/)
})

it.each([
  ['no base64', '%%%'],
  ['empty', ''],
  ['no JSON', Buffer.from('[1').toString('base64url')],
  ['no list', Buffer.from('{"a":1}').toString('base64url')],
  ['of another list', encodeCursor([1, 'a'])],
  ['too long', encodeCursor(['a', 1, 2])],
  ['with a character that text can not hold', encodeCursor(['a\u0000', 1])],
])('refuses a cursor that is %s as the client’s mistake', (_, cursor) => {
  const error = refusal(() => decodeCursor(cursor, shape))
  expect(error.extensions.code).toBe('BAD_USER_INPUT')
  expect(error.message).toMatch('not a cursor of this list')
})

it('gives 20 nodes when the client does not say how many, and 1 to 100 when it does', () => {
  expect([undefined, null, 1, 100].map(pageSize)).toEqual([20, 20, 1, 100])
})

it.each([0, -1, 101, 1.5])('refuses a page of %d nodes as the client’s mistake', first => {
  expect(refusal(() => pageSize(first)).extensions.code).toBe('BAD_USER_INPUT')
})

it('makes a page of the rows but the extra one, which says that more follow', () => {
  const connection = toConnection([{ id: 1 }, { id: 2 }, { id: 3 }], 2, row => `c${row.id}`)
  expect(connection).toEqual({
    edges: [
      { cursor: 'c1', node: { id: 1 } },
      { cursor: 'c2', node: { id: 2 } },
    ],
    pageInfo: { hasNextPage: true, endCursor: 'c2' },
  })
})

it('ends with the last page, and an empty list has no end cursor', () => {
  expect(toConnection([1, 2], 2, String).pageInfo).toEqual({ hasNextPage: false, endCursor: '2' })
  expect(toConnection<number>([], 2, String)).toEqual({
    edges: [],
    pageInfo: { hasNextPage: false, endCursor: null },
  })
})
