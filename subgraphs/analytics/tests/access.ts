import { type AccessRows, everybody, type OpenFields, staffOnly } from '../../../testbed/access.ts'

/** Who gets which root field of this subgraph, and which field that not every reader of its object may read. */
export const rows: AccessRows = {
  'Query.bestSellers': {
    ask: () => '{ bestSellers(first: 1) { name } }',
    at: ['bestSellers'],
    expected: everybody,
  },
  'Query.salesSummary': {
    ask: () => '{ salesSummary(from: "2026-01-01", to: "2026-01-31") { totals { unitsSold } } }',
    at: ['salesSummary'],
    expected: staffOnly,
  },
}

/** The other fields of this subgraph: whoever may read the object may read them. */
export const openFields: OpenFields = {
  BestSeller: 'product name unitsSold',
  DailySales: 'date figures',
  Product: 'unitsSold',
  ProductSales: 'product name sku figures',
  SalesFigures: 'currency unitsSold unitsReturned soldMinor returnedMinor revenueMinor',
  SalesSummary: 'from to totals days products',
}
