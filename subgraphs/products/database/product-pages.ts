import { rows } from '@supergraph/postgres/statements.ts'
import type { DataSource } from 'typeorm'
import {
  conditionsOf,
  createBinding,
  orderOf,
  type ProductSearch,
  productColumns,
  type SortedProductRow,
  sortedProductRow,
} from './product-rows.ts'
import { readSearchPage } from './search-pages.ts'

/** Reads one page of the catalogue; RELEVANCE needs words to search for. */
export const readProductPage = async (
  database: DataSource,
  search: ProductSearch,
): Promise<readonly SortedProductRow[]> => {
  const { filter, sort, limit, after } = search
  if (filter.search) return readSearchPage(database, filter.search, search)
  if (sort === 'RELEVANCE') throw new Error('RELEVANCE needs words to search for.')
  const { values, bind } = createBinding()
  // n.b. few products are sold out, and no index of all products finds them. All that are listed there have none available,
  // but the planner would take that for a condition which few of them fulfil, and sort them all.
  const isSoldOut = filter.inStock === false
  const furtherFilter = isSoldOut ? { ...filter, inStock: undefined } : filter
  const [table, id] = isSoldOut ? ['sold_out_products', 'product_id'] : ['products', 'id']
  const order = orderOf(sort, table, id, after, bind)
  return rows(
    database,
    sortedProductRow,
    `select ${productColumns}, ${order.key} as "sortKey"
     from products ${isSoldOut ? 'join sold_out_products on product_id = products.id' : ''}
     where ${[...conditionsOf(furtherFilter, bind), ...order.conditions].join(' and ')}
     order by ${order.key} ${order.direction}, ${order.tie} ${order.direction}
     limit ${bind(limit, 'integer')}`,
    values,
  )
}
