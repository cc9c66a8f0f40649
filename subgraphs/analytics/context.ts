import type { Viewer } from '@supergraph/runtime/identity.ts'
import { createLoader } from '@supergraph/subgraph/loaders.ts'
import type { SalesReads } from './database/sales-reads.ts'

/** What resolvers work with during one request. */
export type Context = ReturnType<typeof createContext>

export const createContext = (viewer: Viewer, sales: SalesReads) => ({
  viewer,
  sales,
  /** By id in lower case. */
  unitsSoldOf: createLoader(sales.unitsSold, ({ productId }) => productId),
})
