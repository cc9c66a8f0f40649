import type { FetchNode } from '@apollo/query-planner'
import { buildSchema, type InlineFragmentNode, Kind, parse, type SelectionNode } from 'graphql'
import { expect, it } from 'vitest'
import { compileRepresentations } from './representations.ts'

const schema = buildSchema(`
  type Query { a: Book }
  interface Media { id: ID }
  type Book implements Media { id: ID sku: ID size: Size sizes: [[Size]] media: Media toString: ID }
  type Film implements Media { id: ID }
  type Size { w: Int h: Int }
`)

type Required = NonNullable<FetchNode['requires']>

/** What a plan says of selections. */
const requiresOf = (selections: readonly SelectionNode[]): Required =>
  selections.flatMap(node =>
    node.kind === Kind.FIELD
      ? {
          kind: node.kind,
          name: node.name.value,
          ...(node.alias && { alias: node.alias.value }),
          ...(node.selectionSet && { selections: requiresOf(node.selectionSet.selections) }),
        }
      : node.kind === Kind.INLINE_FRAGMENT
        ? fragmentOf(node)
        : [],
  )

const fragmentOf = ({ typeCondition, selectionSet }: InlineFragmentNode): Required[number] => ({
  kind: Kind.INLINE_FRAGMENT,
  ...(typeCondition && { typeCondition: typeCondition.name.value }),
  selections: requiresOf(selectionSet.selections),
})

const represent = (requires: string, entity: object, node: Pick<FetchNode, 'inputRewrites'> = {}) => {
  const [operation] = parse(`{ ${requires} }`).definitions
  if (operation?.kind !== Kind.OPERATION_DEFINITION) throw new Error('there is no operation')
  const compiled = compileRepresentations(schema, {
    ...node,
    requires: requiresOf(operation.selectionSet.selections),
  })
  return compiled({ ...entity })
}

const book = { __typename: 'Book', id: '1' }

it.each([
  ['a key', '... on Book { __typename id }', book, '{"__typename":"Book","id":"1"}'],
  ['a key of another type', '... on Book { __typename id }', { __typename: 'Film', id: '1' }, undefined],
  ['a key that is not there', '... on Book { __typename sku }', book, undefined],
  [
    'a key that is null',
    '... on Book { __typename id }',
    { ...book, id: null },
    '{"__typename":"Book","id":null}',
  ],
  [
    'a key that is 0, false or empty',
    '... on Book { __typename id sku }',
    { ...book, id: 0, sku: '' },
    '{"__typename":"Book","id":0,"sku":""}',
  ],
  ['a key that every object has by nature', '... on Book { __typename toString }', book, undefined],
  [
    'such a key that came',
    '... on Book { __typename toString }',
    { ...book, toString: 'x' },
    '{"__typename":"Book","toString":"x"}',
  ],
  ['no type', '... on Book { __typename id }', { id: '1' }, undefined],
  [
    'one key or another',
    '... on Book { __typename sku } ... on Book { __typename id }',
    book,
    '{"__typename":"Book","id":"1"}',
  ],
  [
    'the type of an interface',
    '... on Media { __typename id }',
    { __typename: 'Film', id: '1' },
    '{"__typename":"Film","id":"1"}',
  ],
  [
    'no such type of an interface',
    '... on Media { __typename id }',
    { __typename: 'Size', id: '1' },
    undefined,
  ],
  [
    'objects inside',
    '... on Book { __typename size { w h } }',
    { ...book, size: { h: 2, w: 1, d: 3 } },
    '{"__typename":"Book","size":{"w":1,"h":2}}',
  ],
  [
    'null inside',
    '... on Book { __typename size { w } }',
    { ...book, size: null },
    '{"__typename":"Book","size":null}',
  ],
  [
    'an object without all of it',
    '... on Book { __typename size { w h } }',
    { ...book, size: { w: 1 } },
    '{"__typename":"Book","size":null}',
  ],
  [
    'lists of lists',
    '... on Book { __typename sizes { w } }',
    { ...book, sizes: [[{ w: 1 }, null], [], null] },
    '{"__typename":"Book","sizes":[[{"w":1},null],[],null]}',
  ],
  [
    'fragments inside',
    '... on Book { __typename media { ... on Film { id } } }',
    { ...book, media: { __typename: 'Book', id: '2' } },
    '{"__typename":"Book","media":{}}',
  ],
  [
    'a leaf in the place of an object',
    '... on Book { __typename size { w } }',
    { ...book, size: 7 },
    '{"__typename":"Book","size":null}',
  ],
])('represents an entity by %s', (_, requires, entity, text) => {
  expect(represent(requires, entity)).toBe(text)
})

it('tells the subgraph of an interface object the name of the interface', () => {
  const inputRewrites = [
    { kind: 'ValueSetter' as const, path: ['... on Book', '__typename'], setValueTo: 'Media' },
  ]
  expect(represent('... on Book { __typename id }', book, { inputRewrites })).toBe(
    '{"__typename":"Media","id":"1"}',
  )
  const entity = { ...book }
  represent('... on Book { __typename id }', entity, { inputRewrites })
  expect(entity).toEqual(book)
})
