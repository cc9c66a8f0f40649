import { Kind, parse } from 'graphql'
import { expect, it } from 'vitest'
import { conditionsIn, createIsIncluded, createIsTrue } from './conditions.ts'

const operationIn = (query: string) => {
  const [operation] = parse(query).definitions
  if (operation?.kind !== Kind.OPERATION_DEFINITION) throw new Error('there is no operation')
  return operation
}

it.each([
  ['($a: Boolean!)', { a: true }, true],
  ['($a: Boolean!)', { a: false }, false],
  ['($a: Boolean = true)', {}, true],
  ['($a: Boolean = true)', { a: undefined }, true],
  ['($a: Boolean = true)', { a: false }, false],
  ['($a: Boolean! = false)', {}, false],
  ['($a: Boolean = true)', { a: null }, undefined],
  ['($a: Boolean)', {}, undefined],
  ['($a: Boolean = null)', {}, undefined],
  ['($a: Boolean)', Object.create({ a: true }), undefined],
])('decides by a variable of %s, given %o: %s', (definitions, values, expected) => {
  const isTrue = createIsTrue(operationIn(`query ${definitions} { x @skip(if: $a) }`).variableDefinitions)
  if (expected === undefined) {
    expect(() => isTrue('a', values)).toThrow(
      expect.objectContaining({ extensions: expect.objectContaining({ code: 'BAD_USER_INPUT' }) }),
    )
  } else expect(isTrue('a', values)).toBe(expected)
})

it('does not take what objects have by nature for the value of a variable', () => {
  const isTrue = createIsTrue(operationIn('query ($constructor: Boolean = true) { x }').variableDefinitions)
  expect(isTrue('constructor', {})).toBe(true)
})

it('finds each variable that decides once, in fragments too, and no other', () => {
  const document = parse(`
    query ($a: Boolean!, $b: Boolean!, $c: Boolean!, $d: Boolean!) {
      x(if: $d) @skip(if: $a) @include(if: $b) @other(if: $d) y @skip(if: true) z @skip(if: $a) ...F @include(if: $c)
    }
    fragment F on T { w @skip(if: $b) }
  `)
  expect(conditionsIn(document)).toEqual(['a', 'b', 'c'])
})

it.each([
  ['x', true],
  ['x @skip(if: true)', false],
  ['x @skip(if: false)', true],
  ['x @include(if: true)', true],
  ['x @include(if: false)', false],
  ['x @skip(if: $yes)', false],
  ['x @include(if: $yes)', true],
  ['x @skip(if: $no) @include(if: $yes)', true],
  ['x @skip(if: $yes) @include(if: $yes)', false],
  ['x @skip(if: $no) @include(if: $no)', false],
  ['x @other(if: false)', true],
])('leaves or takes out %s: %s', (selection, expected) => {
  const [node] = operationIn(`{ ${selection} }`).selectionSet.selections
  expect(createIsIncluded(variable => variable === 'yes')(node?.directives)).toBe(expected)
})
