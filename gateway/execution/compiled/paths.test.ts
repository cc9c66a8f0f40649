import { expect, it } from 'vitest'
import { entitiesAt, placesAt } from './paths.ts'

const a = { name: 'a' }
const b = { name: 'b' }

it.each([
  ['the root', { x: 1 }, [], [[]]],
  ['an object', { x: { y: a } }, ['x', 'y'], [['x', 'y']]],
  [
    'a list',
    { x: [a, b] },
    ['x', '@'],
    [
      ['x', 0],
      ['x', 1],
    ],
  ],
  [
    'a list without a sign for its elements',
    { x: [a, b] },
    ['x'],
    [
      ['x', 0],
      ['x', 1],
    ],
  ],
  [
    'lists in lists',
    { x: [[a], [], [b, a]] },
    ['x', '@', '@'],
    [
      ['x', 0, 0],
      ['x', 2, 0],
      ['x', 2, 1],
    ],
  ],
  [
    'lists in lists without signs',
    { x: [[{ y: a }], [{ y: [b] }]] },
    ['x', 'y'],
    [
      ['x', 0, 0, 'y'],
      ['x', 1, 0, 'y', 0],
    ],
  ],
  [
    'lists with nulls',
    { x: [null, a, undefined, [null], b] },
    ['x', '@'],
    [
      ['x', 1],
      ['x', 4],
    ],
  ],
  ['an empty list', { x: [] }, ['x', '@'], []],
  ['null', { x: null }, ['x', 'y'], []],
  ['nothing', {}, ['x', 'y'], []],
  ['a leaf', { x: 'text' }, ['x', 'length'], []],
  ['an object in the place of a list', { x: a }, ['x', '@'], []],
  ['what objects have by nature', { x: a }, ['x', 'constructor'], []],
  ['the prototype', { x: a }, ['__proto__'], []],
  [
    'a key like one of nature',
    { constructor: { toString: a } },
    ['constructor', 'toString'],
    [['constructor', 'toString']],
  ],
  [
    '__proto__ as a key',
    JSON.parse('{"__proto__":{"__proto__":{"z":1}}}'),
    ['__proto__', '__proto__'],
    [['__proto__', '__proto__']],
  ],
])('finds the objects of %s, and their places in the same order', (_, data, path, places) => {
  const at = (place: readonly (string | number)[]) =>
    place.reduce<unknown>((value, key) => Object.getOwnPropertyDescriptor(Object(value), key)?.value, data)
  expect(placesAt(data, path)).toEqual(places)
  const found = entitiesAt(data, path)
  expect(found).toHaveLength(places.length)
  for (const [index, place] of places.entries()) expect(found[index]).toBe(at(place))
})
