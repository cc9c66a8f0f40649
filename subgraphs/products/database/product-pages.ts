import { rows } from '@supergraph/postgres/statements.ts'
import type { DataSource } from 'typeorm'
import { z } from 'zod'
import type { ProductFilter } from '../domain/product-input.ts'
import { toTextSearch } from './search-query.ts'
import { productRow } from './tables.ts'

/** A product and the value that its page is sorted by. */
export type SortedProductRow = Readonly<z.output<typeof sortedProductRow>>

const sortedProductRow = productRow.extend({ sortKey: z.union([z.string(), z.number(), z.date()]) })

export type ProductSort = keyof typeof orderings

/** One page of the catalogue: the first products that come after a product, if there is one. */
export type ProductSearch = {
  readonly filter: ProductFilter
  readonly sort: ProductSort
  readonly limit: number
  readonly after: { readonly sortKey: string | number; readonly id: string } | undefined
}

/** RELEVANCE takes its key from the search. The id breaks ties in the same direction. */
const orderings = {
  RELEVANCE: { direction: 'desc', key: undefined, type: 'float8' },
  NEWEST: { direction: 'desc', key: 'created_at', type: 'timestamptz' },
  NAME: { direction: 'asc', key: 'name collate "und-x-icu"', type: 'text' },
  PRICE_ASC: { direction: 'asc', key: 'price_minor', type: 'bigint' },
  PRICE_DESC: { direction: 'desc', key: 'price_minor', type: 'bigint' },
} as const

/** Reads one page of the catalogue in one statement; RELEVANCE needs words to search for. */
export const readProductPage = (
  database: DataSource,
  { filter, sort, limit, after }: ProductSearch,
): Promise<readonly SortedProductRow[]> => {
  const values: unknown[] = []
  const bind: Bind = (value, type) => `$${values.push(value)}::${type}`
  const search = filter.search ? searchFor(filter.search, bind) : undefined
  const { direction, key = search?.rank, type } = orderings[sort]
  const conditions = ['archived_at is null', ...conditionsOf(filter, bind)]
  if (search !== undefined) conditions.push(search.matches)
  if (after !== undefined) {
    const comparison = direction === 'asc' ? '>' : '<'
    conditions.push(`(${key}, id) ${comparison} (${bind(after.sortKey, type)}, ${bind(after.id, 'uuid')})`)
  }
  return rows(
    database,
    sortedProductRow,
    `select ${columns}, ${type === 'bigint' ? `${key}::float8` : key} as "sortKey"
     from products
     where ${conditions.join(' and ')}
     order by ${key} ${direction}, id ${direction}
     limit ${bind(limit, 'integer')}`,
    values,
  )
}

const columns = `id, sku, name, description, category, price_minor as "priceMinor", currency,
  on_hand as "onHand", reserved, image_url as "imageUrl", version, catalogue_version as "catalogueVersion",
  created_at as "createdAt", updated_at as "updatedAt", archived_at as "archivedAt"`

/** Adds a value to the statement and returns the SQL that stands for it. */
type Bind = (value: unknown, type: string) => string

const conditionsOf = (filter: ProductFilter, bind: Bind): readonly string[] => {
  const { category, inStock, minPriceMinor: min, maxPriceMinor: max } = filter
  return [
    ...(category ? [`category = ${bind(category, 'text')}`] : []),
    ...(typeof inStock === 'boolean' ? [inStock ? 'available > 0' : 'available = 0'] : []),
    ...(typeof min === 'number' ? [`price_minor >= ${bind(min, 'bigint')}`] : []),
    ...(typeof max === 'number' ? [`price_minor <= ${bind(max, 'bigint')}`] : []),
  ]
}

const searchFor = (search: string, bind: Bind) => {
  const { narrow, wide } = toTextSearch(search, bind)
  // n.b. a whole sku ranks before all words
  const isSku = `lower(sku) = lower(${bind(search, 'text')})`
  return {
    matches: `(search @@ (${wide}) or ${isSku})`,
    rank: `(ts_rank(search, ${wide}) + ts_rank(search, ${narrow}) + (${isSku})::integer)::float8`,
  }
}
