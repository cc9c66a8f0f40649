import type { DataSource } from 'typeorm'
import type { MatchPage } from './match-page.ts'
import type { ProductSearch, SortedProductRow } from './product-rows.ts'
import { rankOf, readByRank } from './ranked-pages.ts'
import { parseSearch } from './search-query.ts'
import { correctedTiers, lowestTypedRank, typedTiers } from './search-tiers.ts'
import { type KnownSearch, readSearchWords } from './search-words.ts'
import { readByKey } from './sorted-pages.ts'

/**
 * Reads one page of the products that a search finds: those that match what was typed or, if there are none, similar words.
 * RELEVANCE takes one tier after the other, and in each of them the products that were added last first.
 */
export const readSearchPage = async (
  database: DataSource,
  search: string,
  { sort, ...page }: ProductSearch,
): Promise<readonly SortedProductRow[]> => {
  const query = parseSearch(search)
  const terms = query.flat()
  const isByRank = sort === 'RELEVANCE'
  const read = (words: MatchPage) => {
    if (words.tiers.length === 0) return []
    return isByRank ? readByRank(database, words) : readByKey(database, words, sort)
  }
  const readSimilar = async () => {
    const known = await readSearchWords(database, search, terms, true)
    return hasSimilarWords(known) ? read({ ...page, ...known, ...correctedTiers(query, known) }) : []
  }
  const { after } = page
  if (isByRank && after !== undefined && rankOf(after) < lowestTypedRank) return readSimilar()
  const known = await readSearchWords(database, search, terms, false)
  const typed = { ...page, ...known, ...typedTiers(query, known) }
  const found = await read(typed)
  if (found.length > 0) return found
  // n.b. what is found but not listed, because it is sold out for instance, was not mistyped
  const isEnd =
    (isByRank && after !== undefined) ||
    (await read({ ...typed, filter: {}, after: undefined, limit: 1 })).length > 0
  return isEnd ? [] : readSimilar()
}

const hasSimilarWords = ({ terms }: KnownSearch): boolean =>
  terms.some(({ words }) => words.some(({ similar }) => similar.length > 0))
