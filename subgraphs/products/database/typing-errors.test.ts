import { expect, it } from 'vitest'
import { similarWords } from './typing-errors.ts'

const similar = (typed: string, ...words: readonly string[]) =>
  similarWords(
    typed,
    words.map(word => ({ word })),
  ).map(({ word }) => word)

it.each([
  ['notebok', 'notebook'],
  ['nnotebook', 'notebook'],
  ['motebook', 'notebook'],
  ['ontebook', 'notebook'],
  ['mgu', 'mug'],
  ['каше', 'каша'],
  ['acomodation', 'accommodation'],
  ['wireles', 'wireless'],
  ['noteobo', 'notebook'],
])('takes %j for %j', (typed, word) => {
  expect(similar(typed, word)).toEqual([word])
})

it.each([
  ['mug', 'jar'],
  ['notbok', 'notebook'],
  ['mgus', 'mug'],
  ['keyborads', 'blackboard'],
])('does not take %j for %j', (typed, word) => {
  expect(similar(typed, word)).toEqual([])
})

it('puts the fewest errors first, then keeps the order of the words', () => {
  expect(similar('notebooj', 'notebooks', 'notebook', 'notebood', 'moteboot')).toEqual([
    'notebook',
    'notebood',
    'notebooks',
    'moteboot',
  ])
})

it('gives at most 10', () => {
  const words = Array.from({ length: 20 }, (_, index) => `mug${String.fromCharCode(97 + index)}`)
  expect(similar('mugz', ...words)).toHaveLength(10)
})
