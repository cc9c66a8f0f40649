import { expect, it } from 'vitest'
import { parseSearch } from './search-query.ts'
import { quoted, typedTiers } from './search-tiers.ts'
import type { KnownWord } from './search-words.ts'

const lastPlace = 1_000_000

/** The tiers of a search, of which the catalogue has these words in so many products. */
const tiersOf = (search: string, uses: Readonly<Record<string, number>> = {}) => {
  const query = parseSearch(search)
  const known = (text: string, place: number): KnownWord => ({
    text,
    place,
    isPair: false,
    isPassedOver: text === 'the',
    stem: null,
    usesOfStem: 0,
    beginnings: text in uses ? [{ word: text, uses: uses[text] ?? 0 }] : [],
    hasMore: false,
    similar: [],
  })
  const terms = query.flat().map(term => ({ ...term, words: term.text.split(' ').map(known), sku: [] }))
  return typedTiers(query, { name: search, sku: search.replaceAll(' ', ''), lastPlace, terms })
}

it.each([
  ['mug', { mug: 10 }, 10, false],
  ['steel mug', { mug: 10, steel: 90_000 }, 10, true],
  ['the mug', { mug: 10 }, 10, true],
  ['mug or jar', { mug: 10, jar: 5 }, 15, false],
  ['"steel mug"', { mug: 10, steel: 90_000 }, 10, true],
  ['mug -steel', { mug: 10, steel: 1 }, 10, true],
  ['-steel', { steel: 1 }, Number.POSITIVE_INFINITY, false],
  ['nowhere', {}, 0, false],
  ['the', {}, 0, false],
])('finds the products of %j by its rarest word in each group', (search, uses, found, isNarrowed) => {
  const tiers = tiersOf(search, uses)
  expect(tiers.index.uses).toBe(found)
  expect(tiers.isNarrowed).toBe(isNarrowed)
})

it('has a tier for the whole sku and one for the whole name, unless a word must not occur', () => {
  const exact = (search: string) => tiersOf(search, { mug: 1 }).tiers.filter(({ isExact }) => isExact)
  expect(exact('blue mug').map(({ query }) => query)).toEqual(["'@=bluemug'", "'==blue mug'"])
  expect(exact('mug -blue')).toEqual([])
})

it('ranks each tier below the one before', () => {
  expect(tiersOf('mug').tiers.map(({ rank }) => rank)).toEqual([7, 6, 5, 4, 3, 2])
})

it('quotes what a tsquery would read as its own', () => {
  expect(quoted(`:Bits & 'bobs' \\`)).toBe(`':Bits & ''bobs'' \\\\'`)
})
