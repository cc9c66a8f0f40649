import { OperationTypeNode } from 'graphql'
import { expect, it } from 'vitest'
import { createFetchDocument, createRequest } from './fetch-document.ts'

const document = createFetchDocument(
  {
    operation: 'query "Q" \u2028 { a }',
    operationName: 'Q__users__0',
    operationKind: OperationTypeNode.QUERY,
  },
  [0],
)

it.each([
  ['nothing', [], {}, [], {}],
  ['what it uses', ['a'], { a: 1, b: 2 }, [], { a: 1 }],
  ['null, but not what is missing', ['a', 'b', 'c'], { a: null, b: undefined }, [], { a: null }],
  [
    'nothing that objects have by nature',
    ['constructor', 'toString'],
    { constructor: 1 },
    [],
    { constructor: 1 },
  ],
  [
    'a variable that is called __proto__',
    ['__proto__', 'a'],
    JSON.parse('{"__proto__":true,"a":1}'),
    [],
    JSON.parse('{"__proto__":true,"a":1}'),
  ],
  [
    'lists of entities',
    ['a'],
    { a: [{ b: '"' }] },
    [
      { variable: 'r0', count: 2, representations: ['{"id":"1"}', '2'] },
      { variable: 'r1', count: 0, representations: [] },
    ],
    { r0: [{ id: '1' }, 2], r1: [], a: [{ b: '"' }] },
  ],
])('sends %s, as text and as values alike', (_, usages, variables, entities, expected) => {
  const request = createRequest(document, usages, { variables }, { entities })
  expect(JSON.parse(request.variablesText())).toEqual(expected)
  expect(request.variables()).toEqual(expected)
  expect(Object.keys(request.variables()).toSorted()).toEqual(Object.keys(expected).toSorted())
  expect(JSON.parse(`${document.head}${request.variablesText()}}`)).toEqual({
    query: document.query,
    operationName: 'Q__users__0',
    variables: expected,
  })
})
