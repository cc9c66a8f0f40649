import { expect, it } from 'vitest'
import { parseSearch } from './search-query.ts'

const word = (text: string) => ({ text, isPhrase: false, isExcluded: false })
const phrase = (text: string) => ({ text, isPhrase: true, isExcluded: false })
const without = (term: object) => ({ ...term, isExcluded: true })

it.each([
  ['mug', [[word('mug')]]],
  ['  stone\u00a0mug\u3000', [[word('stone'), word('mug')]]],
  ['MUG-ENA', [[word('MUG-ENA')]]],
  ['candles -fig', [[word('candles'), without(word('fig'))]]],
  ['"picnic blanket" wool', [[phrase('picnic blanket'), word('wool')]]],
  ['“picnic blanket”', [[phrase('picnic blanket')]]],
  ['„Jürgen“ «café»', [[phrase('Jürgen'), phrase('café')]]],
  ['-"picnic blanket"', [[without(phrase('picnic blanket'))]]],
  ['"left open', [[phrase('left open')]]],
  ['5" pipe', [[word('5'), phrase(' pipe')]]],
  ['mug or GLASS', [[word('mug')], [word('GLASS')]]],
  ['mug OR glass bowl', [[word('mug')], [word('glass'), word('bowl')]]],
  ['or', []],
  ['or mug or or', [[word('mug')]]],
  ['oregano', [[word('oregano')]]],
  ['"or"', [[phrase('or')]]],
  ['-', []],
  ['   ', []],
])('reads %j', (search, groups) => {
  const isText = ({ text }: { readonly text: string }) => text !== '-'
  expect(
    parseSearch(search)
      .map(group => group.filter(isText))
      .filter(group => group.length > 0),
  ).toEqual(groups)
})
