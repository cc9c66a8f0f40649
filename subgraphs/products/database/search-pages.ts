import { rows } from '@supergraph/postgres/statements.ts'
import type { DataSource } from 'typeorm'
import {
  type Bind,
  conditionsOf,
  createBinding,
  orderOf,
  type ProductSearch,
  type ProductSort,
  productColumns,
  type SortedProductRow,
  sortedProductRow,
} from './product-rows.ts'
import { blocksBefore } from './search-blocks.ts'
import { parseSearch } from './search-query.ts'
import { correctedTiers, lowestTypedRank, quoted, type SearchTiers, typedTiers } from './search-tiers.ts'
import { type KnownSearch, readSearchWords } from './search-words.ts'

/** A page of the products in some tiers. */
type MatchPage = Omit<ProductSearch, 'sort'> & SearchTiers & { readonly lastPlace: number }

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
  const read = (words: MatchPage) =>
    isByRank ? readByRank(database, words) : readByKey(database, words, sort)
  const readSimilar = async () => {
    const known = await readSearchWords(database, search, terms, true)
    return hasSimilarWords(known) ? read({ ...page, ...known, ...correctedTiers(query, known) }) : []
  }
  const { after } = page
  if (isByRank && after !== undefined && rankOf(after).rank < lowestTypedRank) return readSimilar()
  const known = await readSearchWords(database, search, terms, false)
  const typed = { ...page, ...known, ...typedTiers(query, known) }
  const found = await read(typed)
  if (found.length > 0) return found
  const isEnd =
    after !== undefined && (isByRank || (await read({ ...typed, after: undefined, limit: 1 })).length > 0)
  return isEnd ? [] : readSimilar()
}

const hasSimilarWords = ({ terms }: KnownSearch): boolean =>
  terms.some(({ words }) => words.some(({ similar }) => similar.length > 0))

/** If a search matches fewer products, all of them are found faster than the newest of them (2,000 in 4 ms). */
const few = 2_000

/** n.b. a sort key must be exact as a float8: there is room for 1 million million places in each of 8 ranks */
const placesPerRank = 2 ** 40

const rankOf = ({ sortKey }: NonNullable<ProductSearch['after']>) => {
  // n.b. cursors may be forged, and those of the release before are fractions
  const key = Math.min(Math.max(Math.trunc(Number(sortKey)), 0), Number.MAX_SAFE_INTEGER)
  return { rank: Math.floor(key / placesPerRank), before: key % placesPerRank }
}

const readByRank = async (database: DataSource, page: MatchPage): Promise<readonly SortedProductRow[]> => {
  const found = new Map<string, SortedProductRow>()
  for (const parts of partsOf(page)) {
    const limit = page.limit - found.size
    // n.b. a product may change its tier between two statements
    for (const product of await readParts(database, { ...page, limit }, parts))
      if (!found.has(product.id)) found.set(product.id, product)
    if (found.size >= page.limit) break
  }
  return [...found.values()]
}

/** Products of a tier with places below `before`. */
type Part = { readonly rank: number; readonly query: string; readonly before: number }

/** What is read in one statement each, until the page is full. */
function* partsOf({ tiers, uses, lastPlace, after }: MatchPage): Generator<readonly Part[]> {
  const end = lastPlace + 1
  const start = after === undefined ? { rank: Number.POSITIVE_INFINITY, before: end } : rankOf(after)
  const left = tiers
    .filter(({ rank }) => rank <= start.rank)
    .map(tier => ({ ...tier, before: tier.rank === start.rank ? start.before : end }))
  const isFew = uses <= few
  const whole = left.filter(({ isExact }) => isFew || isExact)
  if (whole.length > 0) yield whole
  for (const { rank, query, before, isExact } of isFew ? [] : left) {
    if (isExact) continue
    for (const blocks of blocksBefore(before))
      yield [{ rank, before, query: `(${query}) & (${blocks.map(quoted).join(' | ')})` }]
  }
}

const readParts = async (
  database: DataSource,
  { filter, limit }: MatchPage,
  parts: readonly Part[],
): Promise<readonly SortedProductRow[]> => {
  const { values, bind } = createBinding()
  const { minPriceMinor, maxPriceMinor, inStock } = filter
  const conditions = [
    bind(minPriceMinor ?? null, 'bigint'),
    bind(maxPriceMinor ?? null, 'bigint'),
    bind(inStock ?? null, 'boolean'),
    bind(limit, 'integer'),
  ]
  const matches = parts.map(({ rank, query, before }) => {
    const values = [
      bind(inCategory(query, filter.category), 'tsquery'),
      bind(before, 'bigint'),
      ...conditions,
    ]
    return `select ${bind(rank, 'bigint')} as rank, * from newest_matches(${values.join(', ')})`
  })
  return rows(
    database,
    sortedProductRow,
    `select ${productColumns}, (rank * ${placesPerRank} + place)::float8 as "sortKey"
     from (${matches.join(' union all ')}) as matches join products on products.id = product_id
     order by rank desc, place desc
     limit ${bind(limit, 'integer')}`,
    values,
  )
}

const inCategory = (query: string, category: string | null | undefined): string =>
  category ? `(${query}) & ${quoted(`:${category}`)}` : query

/** If a search matches a smaller share of the products, all matches are sorted. */
const denseShare = 1 / 200
const mostWalked = 4_000

/** n.b. where many products match, the first of them stand near the beginning of the list, unless the list is sorted by what they have in common. */
const readByKey = async (
  database: DataSource,
  page: MatchPage,
  sort: Exclude<ProductSort, 'RELEVANCE'>,
): Promise<readonly SortedProductRow[]> => {
  if (page.query === undefined) return []
  if (page.uses > few && page.uses > page.lastPlace * denseShare) {
    const found = await readAlongIndex(database, page, page.query, sort)
    if (found.length === page.limit) return found
  }
  return readSorted(database, page, page.query, sort)
}

const readAlongIndex = (
  database: DataSource,
  { filter, limit, after }: MatchPage,
  query: string,
  sort: Exclude<ProductSort, 'RELEVANCE'>,
): Promise<readonly SortedProductRow[]> => {
  const { values, bind } = createBinding()
  const order = orderOf(sort, 'products', 'id', after, bind)
  return rows(
    database,
    sortedProductRow,
    `select * from (
       select ${productColumns}, ${order.sortKey(order.key)}
       from products
       where ${[...conditionsOf(filter, bind), ...order.conditions].join(' and ')}
       order by ${order.key} ${order.direction}, ${order.tie} ${order.direction}
       limit ${bind(mostWalked, 'integer')}
     ) as walked
     where (select words @@ ${bind(query, 'tsquery')} from searchable_products where product_id = walked.id)
     limit ${bind(limit, 'integer')}`,
    values,
  )
}

const readSorted = (
  database: DataSource,
  { filter, limit, after }: MatchPage,
  query: string,
  sort: Exclude<ProductSort, 'RELEVANCE'>,
): Promise<readonly SortedProductRow[]> => {
  const { values, bind } = createBinding()
  const matches = `all_matches(${bind(inCategory(query, filter.category), 'tsquery')}) as matches`
  const isByName = sort === 'NAME'
  const [table, id] = isByName ? ['products', 'id'] : ['matches', 'product_id']
  const order = orderOf(sort, table, id, after, bind)
  const conditions = [...matchConditions(filter, bind), ...order.conditions]
  return rows(
    database,
    sortedProductRow,
    `select ${productColumns}, ${order.sortKey('page.key')}
     from (
       select product_id, ${order.key} as key
       from ${matches} ${isByName ? 'join products on products.id = product_id' : ''}
       ${conditions.length > 0 ? `where ${conditions.join(' and ')}` : ''}
       order by ${order.key} ${order.direction}, ${order.tie} ${order.direction}
       limit ${bind(limit, 'integer')}
     ) as page join products on products.id = product_id
     order by page.key ${order.direction}, product_id ${order.direction}`,
    values,
  )
}

const matchConditions = (
  { inStock, minPriceMinor: min, maxPriceMinor: max }: MatchPage['filter'],
  bind: Bind,
): readonly string[] => {
  const soldOut =
    'exists (select from sold_out_products as sold_out where sold_out.product_id = matches.product_id)'
  return [
    ...(typeof inStock === 'boolean' ? [inStock ? `not ${soldOut}` : soldOut] : []),
    ...(typeof min === 'number' ? [`matches.price_minor >= ${bind(min, 'bigint')}`] : []),
    ...(typeof max === 'number' ? [`matches.price_minor <= ${bind(max, 'bigint')}`] : []),
  ]
}
