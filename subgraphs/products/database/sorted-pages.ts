import { rows } from '@supergraph/postgres/statements.ts'
import type { DataSource } from 'typeorm'
import { categoryQuery, isFew, listingParameters, type MatchPage, readFewListed } from './match-page.ts'
import {
  conditionsOf,
  createBinding,
  orderOf,
  type ProductSort,
  productColumns,
  type SortedProductRow,
  sortedProductRow,
} from './product-rows.ts'
import { anyOf } from './search-tiers.ts'

type KeySort = Exclude<ProductSort, 'RELEVANCE'>

/** If a smaller share of the products match, sorting them takes less time than walking along the list to 20 of them. */
const denseShare = 1 / 200
const mostWalked = 4_000

/** Reads a page of matches in another order than RELEVANCE. n.b. the first of many matches stand near the beginning of the list, unless it is sorted by what they have in common. */
export const readByKey = async (
  database: DataSource,
  page: MatchPage,
  sort: KeySort,
): Promise<readonly SortedProductRow[]> => {
  if (!isFew(page)) {
    const listed = await readFewListed(database, page.filter)
    if (listed !== undefined) return readSortedOf(database, page, sort, listed)
    if (page.index.uses > page.lastPlace * denseShare) {
      const found = await readAlongList(database, page, sort)
      if (found.length === page.limit) return found
    }
  }
  return readSorted(database, page, sort)
}

const anyTier = ({ tiers }: MatchPage): string => anyOf(tiers.map(({ query }) => query))

const readAlongList = (
  database: DataSource,
  page: MatchPage,
  sort: KeySort,
): Promise<readonly SortedProductRow[]> => {
  const { values, bind } = createBinding()
  const { key, tie, direction, conditions } = orderOf(sort, 'products', 'id', page.after, bind)
  return rows(
    database,
    sortedProductRow,
    `select * from (
       select ${productColumns}, ${key} as "sortKey"
       from products
       where ${[...conditionsOf(page.filter, bind), ...conditions].join(' and ')}
       order by ${key} ${direction}, ${tie} ${direction}
       limit ${bind(mostWalked, 'integer')}
     ) as walked
     where (select words @@ ${bind(anyTier(page), 'tsquery')} from searchable_products where product_id = walked.id)
     limit ${bind(page.limit, 'integer')}`,
    values,
  )
}

const readSortedOf = (
  database: DataSource,
  page: MatchPage,
  sort: KeySort,
  productIds: readonly string[],
): Promise<readonly SortedProductRow[]> => {
  const { values, bind } = createBinding()
  const { key, tie, direction, conditions } = orderOf(sort, 'products', 'id', page.after, bind)
  return rows(
    database,
    sortedProductRow,
    `select ${productColumns}, ${key} as "sortKey"
     from searchable_products join products on products.id = product_id
     where ${[
       `product_id = any (${bind(productIds, 'uuid[]')})`,
       `words @@ ${bind(anyTier(page), 'tsquery')}`,
       ...conditions,
     ].join(' and ')}
     order by ${key} ${direction}, ${tie} ${direction}
     limit ${bind(page.limit, 'integer')}`,
    values,
  )
}

/** n.b. not a join: the planner, which does not know how many match, would rather read all products of a middling catalogue. */
const namesOfMatches =
  'cross join lateral (select id, name from products where products.id = product_id offset 0) as products'

const readSorted = (
  database: DataSource,
  page: MatchPage,
  sort: KeySort,
): Promise<readonly SortedProductRow[]> => {
  const { values, bind } = createBinding()
  const { filter, limit, after, index } = page
  const isByName = sort === 'NAME'
  const [table, idColumn] = isByName ? ['products', 'id'] : ['matches', 'product_id']
  const { key, tie, direction, conditions } = orderOf(sort, table, idColumn, after, bind)
  const query = anyTier(page)
  const [indexQuery, rowQuery] = isFew(page) ? [index.query, query] : [query, null]
  const parameters = [
    bind(indexQuery, 'tsquery'),
    bind(rowQuery, 'tsquery'),
    bind(categoryQuery(filter), 'tsquery'),
    ...listingParameters(filter, bind),
  ]
  return rows(
    database,
    sortedProductRow,
    `select ${productColumns}, page.key as "sortKey"
     from (
       select product_id, ${key} as key
       from all_matches(${parameters.join(', ')}) as matches
         ${isByName ? namesOfMatches : ''}
       ${conditions.length > 0 ? `where ${conditions.join(' and ')}` : ''}
       order by ${key} ${direction}, ${tie} ${direction}
       limit ${bind(limit, 'integer')}
     ) as page join products on products.id = product_id
     order by page.key ${direction}, product_id ${direction}`,
    values,
  )
}
