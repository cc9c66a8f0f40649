import { createLoader } from '@supergraph/subgraph/loaders.ts'
import type { Caller } from '@supergraph/subgraph/serve.ts'
import type { ProductStore } from './database/product-store.ts'
import type { StockStore } from './database/stock-store.ts'

/** What the resolvers of one request work with. */
export type Context = ReturnType<typeof createContext>

/** What all requests share. */
export type Services = { readonly products: ProductStore; readonly stock: StockStore }

export const createContext = ({ viewer, clientAddress, deadlineAtMs }: Caller, services: Services) => {
  const productById = createLoader(services.products.loadByIds, product => product.id)
  const productBySku = createLoader(services.products.loadBySkus, product => product.sku)
  return {
    ...services,
    viewer,
    clientAddress,
    /** When the caller stops waiting, in milliseconds since the epoch. */
    deadlineAtMs,
    /** By id in lower case. */
    productById,
    productBySku,
    /** Makes the fields that are resolved after a write read again. */
    forget: () => {
      productById.clearAll()
      productBySku.clearAll()
    },
  }
}
