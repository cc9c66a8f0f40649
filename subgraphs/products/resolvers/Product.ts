import { requireScope } from '@supergraph/runtime/identity.ts'
import { orderableUnits } from '../domain/stock.ts'
import type { ProductResolvers } from '../generated/resolvers.ts'

/** A product, also referred to by id or sku from other subgraphs. */
export const Product = {
  __resolveReference: (reference, { productById, productBySku }) => {
    // n.b. representations come unchecked, whatever the type says
    if ('id' in reference && typeof reference.id === 'string') {
      return productById.load(reference.id.toLowerCase())
    }
    if ('sku' in reference && typeof reference.sku === 'string') return productBySku.load(reference.sku)
    return null
  },
  price: ({ priceMinor, currency }) => ({ amountMinor: priceMinor, currency }),
  available: orderableUnits,
  onHand: ({ onHand }, _arguments, { viewer }) => {
    requireScope(viewer, 'catalog:write')
    return onHand
  },
  reserved: ({ reserved }, _arguments, { viewer }) => {
    requireScope(viewer, 'catalog:write')
    return reserved
  },
  inStock: product => orderableUnits(product) > 0,
} satisfies ProductResolvers
