import { print } from 'graphql'
import { expect, it } from 'vitest'
import { operationIn } from '../authorization/supergraph.fixture.ts'
import { createValuesOf, freeVariables } from './plan-variables.ts'

it('leaves an operation as it is if its variables have names of their own', () => {
  const operation = operationIn(
    'query ($a: Int, $representationsOf: Int) { x(a: $a, b: $representationsOf) }',
  )
  expect(freeVariables(operation).document).toBe(operation.document)
})

it('renames variables that are called as those of fetches, wherever they are used', () => {
  const { document, operation, renamed } = freeVariables(
    operationIn(`
      query ($representations: Int = 1, $representations12: Boolean!, $representations_: Int) {
        x(a: [{ b: $representations }]) ...F @skip(if: $representations12) z(c: $representations_)
      }
      fragment F on Query { y(a: $representations) }
    `),
  )
  expect([...renamed]).toEqual([
    ['representations', 'representations__'],
    ['representations12', 'representations12_'],
  ])
  expect(print(document)).toMatchInlineSnapshot(`
    "query ($representations__: Int = 1, $representations12_: Boolean!, $representations_: Int) {
      x(a: [{b: $representations__}])
      ...F @skip(if: $representations12_)
      z(c: $representations_)
    }

    fragment F on Query {
      y(a: $representations__)
    }"
  `)
  expect(document.definitions).toContain(operation)
})

it.each([
  [{}, { l: 0 }],
  [
    { representations: 1, a: 2 },
    { r: 1, a: 2, l: 0 },
  ],
  [{ representations: null }, { r: null, l: 0 }],
  [
    { r: 'not declared', l: 'not declared', a: 2 },
    { a: 2, l: 0 },
  ],
])('gives the variables of a plan their values, of those in %o', (given, values) => {
  const valuesOf = createValuesOf(new Map([['representations', 'r']]), { l: 0 })
  const before = structuredClone(given)
  expect(valuesOf(given)).toEqual(values)
  expect(given).toEqual(before)
})

it('copies nothing if nothing changes', () => {
  const given = { a: 1 }
  expect(createValuesOf(new Map(), {})(given)).toBe(given)
})
