import type { SearchQuery } from './search-query.ts'
import type { KnownSearch, KnownTerm, KnownWord, WordUses } from './search-words.ts'

/** Products that match a search equally well: those of `query`, a tsquery, that no tier of a higher rank has. */
export type SearchTier = {
  readonly rank: number
  readonly query: string
  /** Whether it holds only products whose sku or name is the whole search. */
  readonly isExact: boolean
}

/** The tiers of a search, the best first; `query` matches the products of all of them, which are about `uses`. */
export type SearchTiers = {
  readonly tiers: readonly SearchTier[]
  readonly query: string | undefined
  readonly uses: number
}

/** The ranks of what was typed are 2 and more, below them are those of similar words. */
export const lowestTypedRank = 2
const lowestExactRank = 6

/** `=` looks in the name alone. */
type Mark = '=' | ''

/** If more words begin so, and these are not too often used, PostgreSQL looks for the beginning itself. */
const mostBeginnings = 50
const mostUsesOfBeginnings = 20_000

/**
 * The tiers of what was typed: the whole sku, the whole name, words or their stems in the name, beginnings of words in the
 * name or part of the sku, words anywhere, beginnings of words anywhere. A word that the catalogue does not have stands for
 * similar ones.
 */
export const typedTiers = (query: SearchQuery, known: KnownSearch): SearchTiers => {
  const groups = knownGroups(query, known)
  return tiersOf(lowestTypedRank, usesOf(groups, known), [
    known.sku === '' ? undefined : quoted(`@=${known.sku}`),
    known.name === '' ? undefined : quoted(`==${known.name}`),
    anyGroup(groups, term => wholeTerm(term, '=')),
    anyGroup(groups, term => wideTerm(term, '=')),
    anyGroup(groups, term => wholeTerm(term, '')),
    anyGroup(groups, term => wideTerm(term, '')),
  ])
}

/** The tiers of products with words similar to those that were typed; they rank below all others. */
export const correctedTiers = (query: SearchQuery, known: KnownSearch): SearchTiers => {
  const groups = knownGroups(query, known)
  return tiersOf(0, usesOf(groups, known), [
    anyGroup(groups, term => wideTerm(term, '=')),
    anyGroup(groups, term => wideTerm(term, '')),
  ])
}

/** The tsquery of one lexeme. */
export const quoted = (lexeme: string): string => `'${lexeme.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`

const tiersOf = (lowest: number, uses: number, queries: readonly (string | undefined)[]): SearchTiers => {
  const better: string[] = []
  const tiers: SearchTier[] = []
  for (const [index, query] of queries.entries()) {
    if (query === undefined) continue
    const rank = lowest + queries.length - 1 - index
    const isExact = rank >= lowestExactRank
    tiers.push({ rank, isExact, query: better.length === 0 ? query : `${query} & !${anyOf(better)}` })
    better.push(query)
  }
  return { tiers, query: better.length === 0 ? undefined : anyOf(better), uses }
}

const knownGroups = (query: SearchQuery, { terms }: KnownSearch): readonly (readonly KnownTerm[])[] => {
  const all = terms.values()
  return query.map(group => all.take(group.length).toArray())
}

const anyGroup = (
  groups: readonly (readonly KnownTerm[])[],
  toQuery: (term: KnownTerm) => string | undefined,
): string | undefined => {
  const queries = groups
    .map(terms => terms.map(term => (term.isExcluded ? excluded(term) : toQuery(term))).filter(isGiven))
    .filter(terms => terms.length > 0)
  return queries.length === 0 ? undefined : anyOf(queries.map(allOf))
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
  return mayBeSku(term) ? anyOf([words, phrase(term.sku.parts.map(quoted))]) : words
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
  const { text, beginnings, similar } = word
  const isMany = beginnings.length > mostBeginnings && usesOfAll(beginnings) <= mostUsesOfBeginnings
  const begun = isMany
    ? [`${quoted(mark + text)}:*`]
    : beginnings.slice(0, mostBeginnings).map(({ word }) => quoted(mark + word))
  return [...new Set([...wholeWord(word, mark), ...begun, ...similar.map(({ word }) => quoted(mark + word))])]
}

const isPassedOver = ({ words }: KnownTerm): boolean => words.every(word => word.isPassedOver)

/** Whether somebody may have typed a part of a sku: one with a digit or of several parts, or no word of the catalogue. */
const mayBeSku = ({ text, words, sku }: KnownTerm): boolean =>
  sku.parts.length > 0 &&
  (/\d/.test(sku.parts.join('')) ||
    words.length > 1 ||
    words.every(({ beginnings }) => beginnings.length === 0)) &&
  text !== ''

const usesOf = (groups: readonly (readonly KnownTerm[])[], { lastPlace }: KnownSearch): number =>
  Math.min(sum(groups.map(usesOfGroup)), lastPlace)

/** About how many products a group of terms matches: as many as its rarest word. */
const usesOfGroup = (terms: readonly KnownTerm[]): number =>
  Math.min(
    ...terms
      .filter(term => !term.isExcluded && !isPassedOver(term))
      .map(term => {
        const words = term.words.filter(word => !word.isPassedOver).map(usesOfWord)
        return Math.min(...words) + (mayBeSku(term) ? term.sku.uses : 0)
      }),
  )

const usesOfWord = ({ beginnings, usesOfStem, similar }: KnownWord): number =>
  usesOfAll(beginnings) + usesOfStem + usesOfAll(similar)

const usesOfAll = (words: readonly WordUses[]): number => sum(words.map(({ uses }) => uses))

const phrase = (words: readonly string[]): string => `(${words.join(' <-> ')})`
const allOf = (queries: readonly string[]): string => `(${queries.join(' & ')})`
const anyOf = (queries: readonly string[]): string => `(${queries.join(' | ')})`
const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0)
const isGiven = (query: string | undefined): query is string => query !== undefined
