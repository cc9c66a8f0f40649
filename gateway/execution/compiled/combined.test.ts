import { OperationTypeNode, parse, print, stripIgnoredCharacters } from 'graphql'
import { expect, it } from 'vitest'
import { canCombine, combineFetches } from './combined.ts'

const fetchOf = (definitions: string, selections: string, name = 'All') => ({
  kind: 'Fetch' as const,
  serviceName: 'users',
  operationKind: OperationTypeNode.QUERY,
  operationName: name,
  operation: `query ${name}($representations: [_Any!]!${definitions}) { _entities(representations: $representations) { ${selections} } }`,
})

it('writes fetches of entities as one operation, in which each has its own representations', () => {
  const { operation, operationName } = combineFetches([
    fetchOf(', $first: Int', '... on User { friends(first: $first) { name } }', 'A'),
    fetchOf(
      ', $first: Int, $x: Boolean = true',
      '... on User { _e0: name _entities: email @skip(if: $x) friends(first: $first) { id } }',
      'B',
    ),
    fetchOf('', '... on User { representations: name }', 'C'),
  ])
  expect(operationName).toBe('A')
  expect(operation).toBe(
    stripIgnoredCharacters(
      print(
        parse(`query A($representations0: [_Any!]!, $first: Int, $representations1: [_Any!]!, $x: Boolean = true, $representations2: [_Any!]!) {
          _e0: _entities(representations: $representations0) { ... on User { friends(first: $first) { name } } }
          _e1: _entities(representations: $representations1) {
            ... on User { _e0: name _entities: email @skip(if: $x) friends(first: $first) { id } }
          }
          _e2: _entities(representations: $representations2) { ... on User { representations: name } }
        }`),
      ),
    ),
  )
})

it.each([
  [
    'query ($representations: [_Any!]!) { _entities(representations: $representations) { ... on A { b } } }',
    true,
  ],
  [
    'query ($representations: [_Any!]!) @cached { _entities(representations: $representations) { ... on A { b } } }',
    false,
  ],
  [
    'query ($representations: [_Any!]!) { _entities(representations: $representations) { ...F } } fragment F on A { b }',
    false,
  ],
  [
    'query ($representations: [_Any!]!) { _entities(representations: $representations) { __typename } other }',
    false,
  ],
])('tells of %s that it can be one of several: %s', (operation, expected) => {
  expect(canCombine({ operation })).toBe(expected)
})
