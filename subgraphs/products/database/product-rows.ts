import { z } from 'zod'
import type { ProductFilter } from '../domain/product-input.ts'
import { productRow } from './tables.ts'

/** A product and the value that its page is sorted by. */
export type SortedProductRow = Readonly<z.output<typeof sortedProductRow>>

export const sortedProductRow = productRow.extend({ sortKey: z.union([z.string(), z.number(), z.date()]) })

export type ProductSort = 'RELEVANCE' | keyof typeof orderings

/** One page of the catalogue: the first products that come after a product, if there is one. */
export type ProductSearch = {
  readonly filter: ProductFilter
  readonly sort: ProductSort
  readonly limit: number
  readonly after: { readonly sortKey: string | number; readonly id: string } | undefined
}

/** How pages are sorted other than by RELEVANCE. The id breaks ties in the same direction. */
export const orderings = {
  NEWEST: { direction: 'desc', column: 'created_at', collation: '', type: 'timestamptz' },
  NAME: { direction: 'asc', column: 'name', collation: ' collate "und-x-icu"', type: 'text' },
  PRICE_ASC: { direction: 'asc', column: 'price_minor', collation: '', type: 'bigint' },
  PRICE_DESC: { direction: 'desc', column: 'price_minor', collation: '', type: 'bigint' },
} as const

/** The columns of a ProductRow, of the table `products`. */
export const productColumns = `products.id, products.sku, products.name, products.description, products.category,
  products.price_minor as "priceMinor", products.currency, products.on_hand as "onHand", products.reserved,
  products.image_url as "imageUrl", products.version, products.catalogue_version as "catalogueVersion",
  products.created_at as "createdAt", products.updated_at as "updatedAt", products.archived_at as "archivedAt"`

/** Adds a value to a statement and returns the SQL that stands for it. */
export type Bind = (value: unknown, type: string) => string

/** The values of a statement, and what adds one. */
export const createBinding = () => {
  const values: unknown[] = []
  const bind: Bind = (value, type) => `$${values.push(value)}::${type}`
  return { values, bind }
}

/** What `products` must fulfil to be listed by a filter, its words aside. */
export const conditionsOf = (filter: ProductFilter, bind: Bind): readonly string[] => {
  const { category, inStock, minPriceMinor: min, maxPriceMinor: max } = filter
  return [
    'products.archived_at is null',
    ...(category ? [`products.category = ${bind(category, 'text')}`] : []),
    ...(typeof inStock === 'boolean' ? [`products.available ${inStock ? '>' : '='} 0`] : []),
    ...(typeof min === 'number' ? [`products.price_minor >= ${bind(min, 'bigint')}`] : []),
    ...(typeof max === 'number' ? [`products.price_minor <= ${bind(max, 'bigint')}`] : []),
  ]
}

/** How the rows of `table` follow each other, and what comes after a product. */
export const orderOf = (
  sort: keyof typeof orderings,
  table: string,
  id: string,
  after: ProductSearch['after'],
  bind: Bind,
) => {
  const { direction, column, collation, type } = orderings[sort]
  const [key, tie] = [`${table}.${column}${collation}`, `${table}.${id}`]
  return {
    key,
    tie,
    direction,
    conditions:
      after === undefined
        ? []
        : [
            `(${key}, ${tie}) ${direction === 'asc' ? '>' : '<'} (${bind(after.sortKey, type)}, ${bind(after.id, 'uuid')})`,
          ],
  }
}
