import { createLoader } from '@supergraph/subgraph/loaders.ts'
import type { Caller } from '@supergraph/subgraph/serve.ts'
import type { SalesReads } from './database/sales-reads.ts'

/** What the resolvers of one request work with. */
export type Context = ReturnType<typeof createContext>

/** What all requests share. */
export type Services = { readonly sales: SalesReads }

export const createContext = ({ viewer }: Caller, { sales }: Services) => ({
  viewer,
  sales,
  /** By id in lower case. */
  unitsSoldOf: createLoader(sales.unitsSold, ({ productId }) => productId),
})
