import type { SearchQuery } from './search-query.ts'
import type { KnownSearch, KnownTerm, KnownWord, WordUses } from './search-words.ts'

/** Products that match a search equally well: those of `query`, a tsquery, that no tier of a higher rank has. */
export type SearchTier = {
  readonly rank: number
  readonly query: string
  /** Whether it has only products whose sku or name is the whole search. */
  readonly isExact: boolean
}

/** The tiers of a search, the best first. */
export type SearchTiers = {
  readonly tiers: readonly SearchTier[]
  /** What PostgreSQL finds the products of all tiers by: the rarest word of each group, besides the whole sku and name. */
  readonly index: { readonly query: string; readonly uses: number }
  /** Whether the tiers may have far fewer products than `index` finds. */
  readonly isNarrowed: boolean
}

/** The ranks of what was typed are 2 and more, below them are those of similar words. */
export const lowestTypedRank = 2
const lowestExactRank = 6

/** `=` looks in the name alone. */
type Mark = '=' | ''

/** If those words that begin so and are known are less often used, PostgreSQL looks for the beginning itself. */
const mostUsesOfBeginnings = 20_000

/**
 * The tiers of what was typed: the whole sku, the whole name, words or their stems in the name, beginnings of words in the
 * name or part of the sku, words anywhere, beginnings of words anywhere. A word that the catalogue does not have stands for
 * similar ones.
 */
export const typedTiers = (query: SearchQuery, known: KnownSearch): SearchTiers => {
  const groups = knownGroups(query, known)
  const isWithout = groups.some(terms => terms.some(({ isExcluded }) => isExcluded))
  return tiersOf(groups, lowestTypedRank, [
    known.sku === '' || isWithout ? undefined : quoted(`@=${known.sku}`),
    known.name === '' || isWithout ? undefined : quoted(`==${known.name}`),
    anyGroup(groups, term => wholeTerm(term, '=')),
    anyGroup(groups, term => wideTerm(term, '=')),
    anyGroup(groups, term => wholeTerm(term, '')),
    anyGroup(groups, term => wideTerm(term, '')),
  ])
}

/** The tiers of products with words similar to those that were typed; they rank below all others. */
export const correctedTiers = (query: SearchQuery, known: KnownSearch): SearchTiers => {
  const groups = knownGroups(query, known)
  return tiersOf(groups, 0, [
    anyGroup(groups, term => wideTerm(term, '=')),
    anyGroup(groups, term => wideTerm(term, '')),
  ])
}

/** The tsquery of one lexeme. */
export const quoted = (lexeme: string): string => `'${lexeme.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`

/** The tsquery of what matches one or more of some tsqueries. */
export const anyOf = (queries: readonly string[]): string => `(${queries.join(' | ')})`

const tiersOf = (
  groups: readonly (readonly KnownTerm[])[],
  lowest: number,
  queries: readonly (string | undefined)[],
): SearchTiers => {
  const tiers = queries.flatMap((query, index) => {
    const rank = lowest + queries.length - 1 - index
    return query === undefined ? [] : [{ rank, query, isExact: rank >= lowestExactRank }]
  })
  const anchors = groups.map(anchorOf)
  const exact = tiers.filter(({ isExact }) => isExact).map(({ query }) => query)
  return {
    tiers,
    index: {
      query: anyOf([...exact, ...anchors.flatMap(({ lexemes }) => lexemes)]),
      uses: sum(anchors.map(({ uses }) => uses)),
    },
    isNarrowed: groups.some(terms => terms.length > 1 || terms.some(({ words }) => words.length > 1)),
  }
}

const knownGroups = (query: SearchQuery, { terms }: KnownSearch): readonly (readonly KnownTerm[])[] => {
  const all = terms.values()
  return query.map(group => all.take(group.length).toArray()).filter(group => !group.every(isPassedOver))
}

const anyGroup = (
  groups: readonly (readonly KnownTerm[])[],
  toQuery: (term: KnownTerm) => string | undefined,
): string | undefined => {
  const queries = groups.map(terms =>
    allOf(terms.map(term => (term.isExcluded ? excluded(term) : toQuery(term))).filter(isGiven)),
  )
  return queries.length === 0 ? undefined : anyOf(queries)
}

const excluded = (term: KnownTerm): string | undefined => {
  const query = wholeTerm(term, '')
  return query === undefined ? undefined : `!${query}`
}

const wholeTerm = (term: KnownTerm, mark: Mark): string | undefined => {
  if (isPassedOver(term)) return undefined
  if (term.isPhrase) return phraseOf(term.words, mark)
  return allOf(runsOf(term.words).map(run => phraseOf(run, mark)))
}

const wideTerm = (term: KnownTerm, mark: Mark): string | undefined => {
  if (term.isPhrase || isPassedOver(term)) return wholeTerm(term, mark)
  const words = allOf(
    runsOf(term.words).map(run =>
      run.length === 1 ? anyOf(run.flatMap(word => wideWord(word, mark))) : phraseOf(run, mark),
    ),
  )
  return mayBeSku(term) ? anyOf([words, phrase(term.sku.map(toLexeme))]) : words
}

/** Words one by one, without those that mean nothing, and pairs of characters that follow each other together. */
const runsOf = (words: readonly KnownWord[]): readonly (readonly KnownWord[])[] => {
  const runs: KnownWord[][] = []
  for (const word of words) {
    if (word.isPassedOver) continue
    const run = runs.at(-1)
    const last = run?.at(-1)
    if (word.isPair && last?.isPair && last.place + 1 === word.place) run?.push(word)
    else runs.push([word])
  }
  return runs
}

/** n.b. places are known for all fields together: a phrase is in the name if it is anywhere and all its words are in the name. */
const phraseOf = (words: readonly KnownWord[], mark: Mark): string => {
  const inName = words.map(word => anyOf(wholeWord(word, '=')))
  if (words.length === 1 && mark === '=') return allOf(inName)
  const anywhere = phrase(words.map(word => anyOf(wholeWord(word, ''))))
  return mark === '=' ? allOf([anywhere, ...inName]) : anywhere
}

const wholeWord = ({ text, stem }: KnownWord, mark: Mark): readonly string[] =>
  stem === null
    ? [quoted(mark + text)]
    : Array.from(new Set([text, stem, `~${stem}`]), lexeme => quoted(mark + lexeme))

const wideWord = (word: KnownWord, mark: Mark): readonly string[] => {
  const { text, beginnings, hasMore, similar } = word
  const begun =
    hasMore && usesOfAll(beginnings) <= mostUsesOfBeginnings
      ? [`${quoted(mark + text)}:*`]
      : beginnings.map(({ word }) => quoted(mark + word))
  return [...new Set([...wholeWord(word, mark), ...begun, ...similar.map(({ word }) => quoted(mark + word))])]
}

const isPassedOver = ({ words }: KnownTerm): boolean => words.every(word => word.isPassedOver)

/** Whether somebody may have typed a part of a sku: one with a digit or of several words, or no word of the catalogue. */
const mayBeSku = ({ words, sku }: KnownTerm): boolean =>
  sku.length > 0 &&
  (sku.some(({ word }) => /\d/.test(word)) ||
    words.length > 1 ||
    words.every(({ beginnings }) => beginnings.length === 0))

const toLexeme = ({ word, isBeginning }: KnownTerm['sku'][number]): string =>
  isBeginning ? `${quoted(word)}:*` : quoted(word)

/** Lexemes one of which is in every product that some terms match, and about how many products have one of them. */
type Anchor = { readonly lexemes: readonly string[]; readonly uses: number }

const anchorOf = (terms: readonly KnownTerm[]): Anchor =>
  rarest(terms.filter(term => !term.isExcluded && !isPassedOver(term)).map(anchorOfTerm))

const anchorOfTerm = (term: KnownTerm): Anchor => {
  const word = rarest(
    term.words
      .filter(({ isPassedOver }) => !isPassedOver)
      .map(word => ({ lexemes: wideWord(word, ''), uses: usesOfWord(word) })),
  )
  if (term.isPhrase || !mayBeSku(term)) return word
  const part = rarest(term.sku.map(part => ({ lexemes: [toLexeme(part)], uses: part.uses })))
  return { lexemes: [...word.lexemes, ...part.lexemes], uses: word.uses + part.uses }
}

const rarest = (anchors: readonly Anchor[]): Anchor =>
  anchors.reduce((best, anchor) => (anchor.uses < best.uses ? anchor : best), {
    lexemes: [],
    uses: Number.POSITIVE_INFINITY,
  })

const usesOfWord = ({ beginnings, usesOfStem, similar }: KnownWord): number =>
  usesOfAll(beginnings) + usesOfStem + usesOfAll(similar)

const usesOfAll = (words: readonly WordUses[]): number => sum(words.map(({ uses }) => uses))

const phrase = (words: readonly string[]): string => `(${words.join(' <-> ')})`
const allOf = (queries: readonly string[]): string => `(${queries.join(' & ')})`
const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0)
const isGiven = (query: string | undefined): query is string => query !== undefined
