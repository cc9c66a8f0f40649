import { createLoader } from '@supergraph/subgraph/loaders.ts'
import type { Caller } from '@supergraph/subgraph/serve.ts'
import type { DataSource } from 'typeorm'
import { loadProductPage } from './database/product-pages.ts'
import { createProductStore } from './database/product-store.ts'
import type { StockStore } from './database/stock-store.ts'
import type { QueryProductsArgs } from './generated/resolvers.ts'

/** What resolvers work with during one request. */
export type Context = ReturnType<ReturnType<typeof createContextFactory>>

/** Makes the context of each request: its viewer, the stores, and loaders of its own. */
export const createContextFactory = (dataSource: DataSource, stock: StockStore) => {
  const products = createProductStore(dataSource)
  return ({ viewer, deadlineAtMs }: Caller) => ({
    viewer,
    /** When the caller stops waiting, in milliseconds since the epoch. */
    deadlineAtMs,
    products,
    stock,
    productPage: (request: Partial<QueryProductsArgs>) => loadProductPage(dataSource, request),
    /** By id in lower case. */
    productById: createLoader(products.loadByIds, product => product.id),
    productBySku: createLoader(products.loadBySkus, product => product.sku),
  })
}
