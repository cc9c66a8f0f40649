import {
  type Connection,
  decodeCursor,
  encodeCursor,
  pageSize,
  toConnection,
} from '@supergraph/postgres/keyset.ts'
import { badUserInput } from '@supergraph/runtime/errors.ts'
import { isUuid } from '@supergraph/runtime/uuid.ts'
import type { DataSource } from 'typeorm'
import { z } from 'zod'
import { storableText } from '../domain/product-input.ts'
import type { ProductSort, QueryProductsArgs } from '../generated/resolvers.ts'
import type { ProductRow } from './tables.ts'

type SortedRow = ProductRow & { readonly sortKey: string | number | Date }

type Order = {
  readonly direction: 'asc' | 'desc'
  /** SQL; the id breaks ties in the same direction. RELEVANCE takes its key from the search. */
  readonly key?: string
  readonly type: string
  /** What a cursor keeps of the key. */
  readonly cursor: z.ZodType<string | number>
}

const orders: Readonly<Record<ProductSort, Order>> = {
  RELEVANCE: { direction: 'desc', type: 'float8', cursor: z.number() },
  NEWEST: {
    direction: 'desc',
    key: 'created_at',
    type: 'timestamptz',
    // n.b. this millennium alone: PostgreSQL has no year 0, and a forged cursor must not fail in the query
    cursor: z.iso.datetime({ precision: 3 }).startsWith('2'),
  },
  NAME: { direction: 'asc', key: 'name collate "und-x-icu"', type: 'text', cursor: z.string() },
  PRICE_ASC: { direction: 'asc', key: 'price_minor', type: 'integer', cursor: z.int32() },
  PRICE_DESC: { direction: 'desc', key: 'price_minor', type: 'integer', cursor: z.int32() },
}

const text = storableText(0, 200).nullish()
const filters = z.object({
  search: text,
  category: text,
  inStock: z.boolean().nullish(),
  minPriceMinor: z.int32().nullish(),
  maxPriceMinor: z.int32().nullish(),
})

type Filter = z.output<typeof filters>
/** Adds a value to the statement and gives the SQL that stands for it. */
type Bind = (value: unknown, type: string) => string

const columns = `id, sku, name, description, category, price_minor as "priceMinor", currency,
  on_hand as "onHand", reserved, image_url as "imageUrl", version,
  created_at as "createdAt", updated_at as "updatedAt", archived_at as "archivedAt"`

/**
 * Reads one page of the catalogue in one statement. Throws BAD_USER_INPUT for a page size, a filter or a cursor that
 * can't be used, and for RELEVANCE without a search.
 */
export const loadProductPage = async (
  dataSource: DataSource,
  request: Partial<QueryProductsArgs>,
): Promise<Connection<ProductRow>> => {
  const first = pageSize(request.first)
  const filter = parseFilter(request.filter)
  const isSearch = Boolean(filter.search)
  const sort = request.sort ?? (isSearch ? 'RELEVANCE' : 'NEWEST')
  if (sort === 'RELEVANCE' && !isSearch) {
    throw badUserInput('"sort" can be RELEVANCE only with "filter.search": add words to look for.')
  }
  const values: unknown[] = []
  const bind: Bind = (value, type) => `$${values.push(value)}::${type}`
  const search = isSearch ? searchFor(bind(filter.search, 'text')) : undefined
  const { direction, key = search?.rank, type, cursor } = orders[sort]

  const conditions = ['archived_at is null', ...conditionsOf(filter, bind)]
  if (search !== undefined) conditions.push(search.matches)
  if (typeof request.after === 'string') {
    const [, value, id] = decodeCursor(request.after, cursorOf(sort, cursor))
    const comparison = direction === 'asc' ? '>' : '<'
    conditions.push(`(${key}, id) ${comparison} (${bind(value, type)}, ${bind(id, 'uuid')})`)
  }
  const rows: readonly SortedRow[] = await dataSource.query(
    `select ${columns}, ${key} as "sortKey"
     from products
     where ${conditions.join(' and ')}
     order by ${key} ${direction}, id ${direction}
     limit ${bind(first + 1, 'integer')}`,
    values,
  )
  return toConnection(rows, first, ({ sortKey, id }) =>
    encodeCursor([sort, sortKey instanceof Date ? sortKey.toISOString() : sortKey, id]),
  )
}

const parseFilter = (filter: unknown): Filter => {
  const parsed = filters.safeParse(filter ?? {})
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  throw badUserInput(`"filter.${issue?.path.join('.')}" can not be used: ${issue?.message}`)
}

const conditionsOf = (filter: Filter, bind: Bind): readonly string[] => {
  const { category, inStock, minPriceMinor: min, maxPriceMinor: max } = filter
  return [
    ...(category ? [`category = ${bind(category, 'text')}`] : []),
    ...(typeof inStock === 'boolean' ? [inStock ? 'available > 0' : 'available = 0'] : []),
    ...(typeof min === 'number' ? [`price_minor >= ${bind(min, 'integer')}`] : []),
    ...(typeof max === 'number' ? [`price_minor <= ${bind(max, 'integer')}`] : []),
  ]
}

// n.b. stemming changes parts of a sku, so that a sku typed whole is looked up as such; it then ranks before all words
const searchFor = (words: string) => {
  const query = `websearch_to_tsquery('english', ${words})`
  const isSku = `lower(sku) = lower(${words})`
  return {
    matches: `(search @@ ${query} or ${isSku})`,
    rank: `(ts_rank(search, ${query}) + (${isSku})::integer)::float8`,
  }
}

const cursorOf = <Value>(sort: ProductSort, value: z.ZodType<Value>) =>
  z.tuple([z.literal(sort), value, z.string().refine(isUuid)])
