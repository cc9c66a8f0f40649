import { toConnection } from '@supergraph/postgres/keyset.ts'
import { badUserInput } from '@supergraph/runtime/errors.ts'
import type { QueryResolvers } from '../generated/resolvers.ts'
import { parseProductSearch, productCursor } from './product-search.ts'

/** The catalogue, open to everyone. */
export const Query = {
  product: (_parent, { id, sku }, { productById, productBySku }) => {
    if (typeof id === 'string' && typeof sku !== 'string') return productById.load(id.toLowerCase())
    if (typeof sku === 'string' && typeof id !== 'string') return productBySku.load(sku)
    throw badUserInput('"product" takes either "id" or "sku": give exactly one of the two.')
  },
  products: async (_parent, request, { products }) => {
    const { first, ...search } = parseProductSearch(request)
    const rows = await products.page({ ...search, limit: first + 1 })
    return toConnection(rows, first, productCursor(search.sort))
  },
} satisfies QueryResolvers
