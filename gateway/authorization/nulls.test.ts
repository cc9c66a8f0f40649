import { buildSchema, GraphQLObjectType } from 'graphql'
import { expect, it } from 'vitest'
import { type Nulls, withNulls as withNullsInText } from './nulls.ts'

const types =
  buildSchema(`type T { nullable: T must: T! list: [T] mustList: [T!] wholeList: [T!]! deep: [[T!]!] }
  type Query { t: T }`)
const object = types.getType('T')
const typeOf = (field: string) => {
  const type = object instanceof GraphQLObjectType ? object.getFields()[field]?.type : undefined
  if (type === undefined) throw new Error(`no such field: ${field}`)
  return type
}
const standIn = (nonNull: boolean): Nulls => ({
  standIns: new Map([['_0', { key: 'x', nonNull }]]),
  fields: new Map(),
})
const under = (field: string, nulls: Nulls): Nulls => ({
  standIns: new Map(),
  fields: new Map([[field, { type: typeOf(field), nulls }]]),
})
const withNulls = (data: object, nulls: Nulls): unknown =>
  JSON.parse(withNullsInText(JSON.stringify(data), nulls))
const gone = { _0: 'T', kept: 1 }
const there = { kept: 1 }

it('puts null under the key of the forbidden field, where it stood', () => {
  const answer = withNulls({ before: 1, _0: 'T', after: 2 }, standIn(false))
  expect(JSON.stringify(answer)).toBe('{"before":1,"x":null,"after":2}')
})

it('nulls the nearest object that may be null if the field may not be null', () => {
  const nulls = standIn(true)
  expect(withNulls(gone, nulls)).toBeNull()
  expect(withNulls({ nullable: gone, other: 1 }, under('nullable', nulls))).toEqual({
    nullable: null,
    other: 1,
  })
  expect(withNulls({ must: gone }, under('must', nulls))).toBeNull()
  expect(withNulls({ nullable: { must: gone } }, under('nullable', under('must', nulls)))).toEqual({
    nullable: null,
  })
})

it('nulls elements, or the list, or what is around it, by what may be null', () => {
  const nulls = standIn(true)
  expect(withNulls({ list: [gone, there, null] }, under('list', nulls))).toEqual({
    list: [null, there, null],
  })
  expect(withNulls({ mustList: [there, gone] }, under('mustList', nulls))).toEqual({ mustList: null })
  expect(withNulls({ wholeList: [there, gone] }, under('wholeList', nulls))).toBeNull()
  expect(withNulls({ deep: [[there], [gone]] }, under('deep', nulls))).toEqual({ deep: null })
  expect(withNulls({ mustList: [there] }, under('mustList', nulls))).toEqual({ mustList: [there] })
})

it('keeps what is null already', () => {
  expect(withNulls({ nullable: null }, under('nullable', standIn(true)))).toEqual({ nullable: null })
})

it('keeps a key null that is forbidden in one place, though another place has it', () => {
  expect(withNulls({ _0: 'T', x: 'seen' }, standIn(false))).toEqual({ x: null })
  expect(withNulls({ x: 'seen', _0: 'T' }, standIn(false))).toEqual({ x: null })
})

it('takes a key for nothing but a key', () => {
  const answer = withNulls(JSON.parse('{"__proto__": {"a": 1}, "_0": "T"}'), standIn(false))
  expect(JSON.stringify(answer)).toBe('{"__proto__":{"a":1},"x":null}')
})
