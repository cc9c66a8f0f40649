import type { ProductSearch } from '../../subgraphs/products/database/product-rows.ts'
import type { Random } from '../../testbed/random.ts'
import { type MeasuredProduct, wordOfAll, wordOfATenth } from './catalogue.ts'

/** What a kind of search asks for, another one each time. */
export type SearchKind = {
  readonly name: string
  readonly next: () => Pick<ProductSearch, 'filter' | 'sort'>
}

const letters = 'abcdefghijklmnopqrstuvwxyz'
const lettersOfTypingErrors = 4

/** A word with one letter missing, too many, wrong or in the place of the next one; never the word itself. */
export const mistype = (random: Random, word: string): string => {
  const at = random.integer(0, word.length - 2)
  const letter = letters[random.integer(0, letters.length - 1)] ?? ''
  const [before, rest] = [word.slice(0, at), word.slice(at)]
  const mistyped = random.pick([
    before + rest.slice(1),
    before + letter + rest,
    before + letter + rest.slice(1),
    before + rest.charAt(1) + rest.charAt(0) + rest.slice(2),
  ])
  return mistyped === word ? mistype(random, word) : mistyped
}

/** The name of a product with a typing error in one of its words. */
export const mistypedName = (random: Random, { name }: MeasuredProduct): string => {
  const words = name.split(' ')
  const [mistyped] = random.shuffled(words.keys().toArray()).filter(index => isLong(words[index]))
  return words.map((word, index) => (index === mistyped ? mistype(random, word) : word)).join(' ')
}

const isLong = (word: string | undefined): boolean => (word?.length ?? 0) >= lettersOfTypingErrors

/** The kinds of searches that are measured. The `vocabulary` has the commonest words first. */
export const searchKinds = (
  random: Random,
  vocabulary: readonly string[],
  products: readonly [MeasuredProduct, ...MeasuredProduct[]],
): readonly SearchKind[] => {
  const word = (first: number, last: number) => vocabulary[random.integer(first, last)] ?? ''
  const product = () => random.pick(products)
  const byRank = (name: string, search: () => string, filter: Partial<ProductSearch['filter']> = {}) => ({
    name,
    next: () => ({ filter: { search: search(), ...filter }, sort: 'RELEVANCE' as const }),
  })
  const sorted = (sort: ProductSearch['sort'], search: () => string) => ({
    name: `a word in a tenth, ${sort}`,
    next: () => ({ filter: { search: search() }, sort }),
  })
  const tenth = () => wordOfATenth
  return [
    byRank('a word in all products', () => wordOfAll),
    byRank('a word in a tenth of them', tenth),
    byRank('a common word', () => word(20, 200)),
    byRank('a rare word', () => word(10_000, 90_000)),
    byRank('two common words', () => `${word(5, 100)} ${word(5, 100)}`),
    byRank('a common and a rare word', () => `${wordOfATenth} ${word(10_000, 90_000)}`),
    byRank('a phrase of a name', () => `"${product().name.split(' ').slice(1, 3).join(' ')}"`),
    byRank('two letters', () => word(0, 2_000).slice(0, 2)),
    byRank('four letters', () => word(0, 2_000).slice(0, 4)),
    byRank('a typing error in a common word', () => mistype(random, word(20, 200))),
    byRank('a typing error in a rare word', () => mistype(random, word(10_000, 90_000))),
    byRank('a typing error in a name', () => mistypedName(random, product())),
    byRank('a whole sku', () => product().sku),
    byRank('a part of a sku', () => product().sku.slice(2, 9)),
    byRank('a tenth, in stock', tenth, { inStock: true }),
    byRank('a tenth, sold out', tenth, { inStock: false }),
    byRank('a tenth, of a rare category', tenth, { category: 'Category 150' }),
    byRank('a tenth, of one price', tenth, { minPriceMinor: 5_000, maxPriceMinor: 5_010 }),
    sorted('NEWEST', tenth),
    sorted('PRICE_ASC', tenth),
    sorted('NAME', tenth),
    { name: 'sold out, NEWEST', next: () => ({ filter: { inStock: false }, sort: 'NEWEST' }) },
    { name: 'sold out, PRICE_ASC', next: () => ({ filter: { inStock: false }, sort: 'PRICE_ASC' }) },
  ]
}
