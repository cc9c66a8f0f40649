import { rows } from '@supergraph/postgres/statements.ts'
import type { DataSource } from 'typeorm'
import { z } from 'zod'
import type { ProductFilter } from '../domain/product-input.ts'
import { type Bind, conditionsOf, createBinding, type ProductSearch } from './product-rows.ts'
import { quoted, type SearchTiers } from './search-tiers.ts'

/** A page of the products in some tiers. */
export type MatchPage = Omit<ProductSearch, 'sort'> & SearchTiers & { readonly lastPlace: number }

/** If PostgreSQL finds at most so many products by the rarest word, all of them are ranked. */
const few = 2_000

/** n.b. if a product must have other words, too, there may be none among many: then these are ranked in less time than they are passed block by block. */
const fewIfNarrowed = 4_000

/** Whether all that PostgreSQL finds by the rarest word of a search can be looked at. */
export const isFew = ({ index, isNarrowed }: MatchPage): boolean =>
  index.uses <= (isNarrowed ? fewIfNarrowed : few)

/** What `newest_matches`, `ranked_matches` and `all_matches` are told of a filter. */
export const listingParameters = (
  { minPriceMinor, maxPriceMinor, inStock }: ProductFilter,
  bind: Bind,
): readonly string[] => [
  bind(minPriceMinor ?? null, 'bigint'),
  bind(maxPriceMinor ?? null, 'bigint'),
  bind(inStock ?? null, 'boolean'),
]

/** The tsquery of a filter's category. */
export const categoryQuery = ({ category }: ProductFilter): string | null =>
  category ? quoted(`:${category}`) : null

const id = z.object({ id: z.string() }).transform(product => product.id)

/** The products that a filter lists without its words, if they are few and the filter says more than that they are in stock. */
export const readFewListed = async (
  database: DataSource,
  filter: ProductFilter,
): Promise<readonly string[] | undefined> => {
  const { values, bind } = createBinding()
  const { category, inStock, minPriceMinor, maxPriceMinor } = filter
  if (!category && inStock !== false && (minPriceMinor ?? maxPriceMinor ?? null) === null) return undefined
  const listed = await rows(
    database,
    id,
    `select products.id
     from products ${inStock === false ? 'join sold_out_products on product_id = products.id' : ''}
     where ${conditionsOf(filter, bind).join(' and ')}
     limit ${bind(few + 1, 'integer')}`,
    values,
  )
  return listed.length <= few ? listed : undefined
}
