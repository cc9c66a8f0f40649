import { rows } from '@supergraph/postgres/statements.ts'
import type { DataSource } from 'typeorm'
import { categoryQuery, isFew, listingParameters, type MatchPage, readFewListed } from './match-page.ts'
import {
  type Bind,
  createBinding,
  type ProductSearch,
  productColumns,
  type SortedProductRow,
  sortedProductRow,
} from './product-rows.ts'
import { blocksBefore } from './search-blocks.ts'
import { anyOf, quoted, type SearchTier } from './search-tiers.ts'

/** n.b. a sort key must be exact as a float8: there is room for 1 million million places in each of 8 ranks */
const placesPerRank = 2 ** 40
const highestSortKey = 8 * placesPerRank

/** n.b. cursors may be forged, and those of the release before are fractions */
const sortKeyOf = ({ sortKey }: NonNullable<ProductSearch['after']>): number =>
  Math.min(Math.max(Math.trunc(Number(sortKey)), 0), highestSortKey)

/** The rank of the tier in which a page ended. */
export const rankOf = (after: NonNullable<ProductSearch['after']>): number =>
  Math.floor(sortKeyOf(after) / placesPerRank)

/** Reads a page by RELEVANCE: its sort keys are the ranks of the tiers, and within them the places of the products. */
export const readByRank = async (
  database: DataSource,
  page: MatchPage,
): Promise<readonly SortedProductRow[]> => {
  if (isFew(page)) return readRanked(database, page, page.index.query, page.tiers)
  const listed = await readFewListed(database, page.filter)
  return listed === undefined ? readByBlocks(database, page) : readRankedOf(database, page, listed)
}

/** Ranks all products that the index finds. */
const readRanked = (
  database: DataSource,
  { filter, limit, after }: MatchPage,
  indexQuery: string,
  tiers: readonly SearchTier[],
): Promise<readonly SortedProductRow[]> => {
  const { values, bind } = createBinding()
  const parameters = [
    bind(indexQuery, 'tsquery'),
    ...tierParameters(tiers, bind),
    bind(after === undefined ? highestSortKey : sortKeyOf(after), 'bigint'),
    bind(categoryQuery(filter), 'tsquery'),
    ...listingParameters(filter, bind),
    bind(limit, 'integer'),
  ]
  return rows(
    database,
    sortedProductRow,
    `select ${productColumns}, sort_key::float8 as "sortKey"
     from ranked_matches(${parameters.join(', ')}) join products on products.id = product_id
     order by sort_key desc`,
    values,
  )
}

/** Ranks some products. */
const readRankedOf = (
  database: DataSource,
  { limit, after, tiers }: MatchPage,
  productIds: readonly string[],
): Promise<readonly SortedProductRow[]> => {
  const { values, bind } = createBinding()
  return rows(
    database,
    sortedProductRow,
    `select ${productColumns}, sort_key::float8 as "sortKey"
     from (
       select product_id, sort_key
       from (
         select product_id, place + (
           select max(base) from unnest(${tierParameters(tiers, bind).join(', ')}) as tier (query, base) where words @@ query
         ) as sort_key
         from searchable_products where product_id = any (${bind(productIds, 'uuid[]')})
       ) as ranked
       where sort_key < ${bind(after === undefined ? highestSortKey : sortKeyOf(after), 'bigint')}
       order by sort_key desc limit ${bind(limit, 'integer')}
     ) as page join products on products.id = product_id
     order by sort_key desc`,
    values,
  )
}

const tierParameters = (tiers: readonly SearchTier[], bind: Bind): readonly string[] => [
  bind(
    tiers.map(({ query }) => query),
    'tsquery[]',
  ),
  bind(
    tiers.map(({ rank }) => rank * placesPerRank),
    'bigint[]',
  ),
]

/** Takes tier by tier and block by block, until the page is full. */
const readByBlocks = async (database: DataSource, page: MatchPage): Promise<readonly SortedProductRow[]> => {
  const found = new Map<string, SortedProductRow>()
  const isFull = () => found.size >= page.limit
  // n.b. a product may change its tier between two statements
  const add = (products: readonly SortedProductRow[]) => {
    for (const product of products) if (!found.has(product.id)) found.set(product.id, product)
  }
  const exact = page.tiers.filter(({ isExact }) => isExact)
  if (exact.length > 0) add(await readRanked(database, page, anyOf(exact.map(({ query }) => query)), exact))
  for (const part of partsOf(page)) {
    if (isFull()) break
    add(await readPart(database, { ...page, limit: page.limit - found.size }, part))
  }
  return [...found.values()].slice(0, page.limit)
}

/** Products of a tier in some blocks, with places below `before`. */
type Part = { readonly rank: number; readonly query: string; readonly before: number }

function* partsOf({ tiers, lastPlace, after }: MatchPage): Generator<Part> {
  const end = lastPlace + 1
  const start = after === undefined ? highestSortKey : sortKeyOf(after)
  const better: string[] = []
  for (const { rank, query, isExact } of tiers) {
    const others = better.length === 0 ? query : `${query} & !${anyOf(better)}`
    better.push(query)
    if (isExact) continue
    const before = Math.min(start - rank * placesPerRank, end)
    for (const blocks of blocksBefore(before))
      yield { rank, before, query: `${others} & ${anyOf(blocks.map(quoted))}` }
  }
}

const readPart = (
  database: DataSource,
  { filter, limit }: MatchPage,
  { rank, query, before }: Part,
): Promise<readonly SortedProductRow[]> => {
  const { values, bind } = createBinding()
  const category = categoryQuery(filter)
  const parameters = [
    bind(category === null ? query : `${query} & ${category}`, 'tsquery'),
    bind(before, 'bigint'),
    ...listingParameters(filter, bind),
    bind(limit, 'integer'),
  ]
  return rows(
    database,
    sortedProductRow,
    `select ${productColumns}, (${bind(rank * placesPerRank, 'bigint')} + place)::float8 as "sortKey"
     from newest_matches(${parameters.join(', ')}) join products on products.id = product_id
     order by place desc`,
    values,
  )
}
