import { decodeCursor, encodeCursor, pageSize } from '@supergraph/postgres/keyset.ts'
import { badUserInput } from '@supergraph/runtime/errors.ts'
import { isUuid } from '@supergraph/runtime/uuid.ts'
import { z } from 'zod'
import type { ProductSearch, ProductSort, SortedProductRow } from '../database/product-rows.ts'
import { type ProductFilter, productFilter } from '../domain/product-input.ts'
import type { QueryProductsArgs } from '../generated/resolvers.ts'

/** What a cursor holds of the value that a page is sorted by. */
const sortKeys = {
  RELEVANCE: z.number(),
  // n.b. only years from 2000: PostgreSQL has no year 0, and a forged cursor must not fail in the query
  NEWEST: z.iso.datetime({ precision: 3 }).startsWith('2'),
  NAME: z.string(),
  PRICE_ASC: z.int(),
  PRICE_DESC: z.int(),
} satisfies Readonly<Record<ProductSort, z.ZodType<string | number>>>

/**
 * Parses the arguments of `products`. Throws BAD_USER_INPUT for a page size, a filter or a cursor that can't be used,
 * and for RELEVANCE without a search.
 */
export const parseProductSearch = (
  request: Partial<QueryProductsArgs>,
): Omit<ProductSearch, 'limit'> & { readonly first: number } => {
  const first = pageSize(request.first)
  const filter = parseFilter(request.filter)
  const sort = request.sort ?? (filter.search ? 'RELEVANCE' : 'NEWEST')
  if (sort === 'RELEVANCE' && !filter.search) {
    throw badUserInput('"sort" can be RELEVANCE only with "filter.search": add words to look for.')
  }
  return { first, filter, sort, after: parseCursor(sort, request.after) }
}

/** The cursor of a product on a page of this sort. */
export const productCursor =
  (sort: ProductSort) =>
  ({ sortKey, id }: SortedProductRow): string =>
    encodeCursor([sort, sortKey instanceof Date ? sortKey.toISOString() : sortKey, id])

const parseFilter = (filter: unknown): ProductFilter => {
  const parsed = productFilter.safeParse(filter ?? {})
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  throw badUserInput(`"filter.${issue?.path.join('.')}" can not be used: ${issue?.message}`)
}

const parseCursor = (sort: ProductSort, cursor: string | null | undefined): ProductSearch['after'] => {
  if (typeof cursor !== 'string') return undefined
  const shape = z.tuple([z.literal(sort), sortKeys[sort], z.string().refine(isUuid)])
  const [, sortKey, id] = decodeCursor(cursor, shape)
  return { sortKey, id }
}
