import {
  type AccessRows,
  everybody,
  member,
  type OpenFields,
  staffNotFound,
  staffOnly,
} from '../../../testbed/access.ts'

/** Who gets which root field of this subgraph, and which field that not every reader of its object may read. */
export const rows: AccessRows = {
  'Query.product': {
    ask: ({ productId }) => `{ product(id: "${productId}") { id } }`,
    at: ['product'],
    expected: everybody,
  },
  'Query.products': {
    ask: () => '{ products(first: 1) { edges { node { id } } } }',
    at: ['products'],
    expected: everybody,
  },
  'Mutation.createProduct': {
    ask: () =>
      `mutation { createProduct(input: { sku: "", name: "X", priceMinor: 1, currency: "EUR" }) { ${member} } }`,
    at: ['createProduct'],
    expected: staffOnly,
  },
  'Mutation.updateProduct': {
    ask: ({ nobodysId }) =>
      `mutation { updateProduct(input: { productId: "${nobodysId}", name: "X" }) { ${member} } }`,
    at: ['updateProduct'],
    expected: staffNotFound,
  },
  'Mutation.archiveProduct': {
    ask: ({ nobodysId }) => `mutation { archiveProduct(input: { productId: "${nobodysId}" }) { ${member} } }`,
    at: ['archiveProduct'],
    expected: staffNotFound,
  },
  'Mutation.adjustStock': {
    ask: ({ nobodysId }) =>
      `mutation { adjustStock(input: { productId: "${nobodysId}", delta: 1, reason: "count" }) { ${member} } }`,
    at: ['adjustStock'],
    expected: staffNotFound,
  },
  'Product.onHand': {
    ask: ({ productId }) => `{ product(id: "${productId}") { onHand } }`,
    at: ['product', 'onHand'],
    expected: staffOnly,
  },
  'Product.reserved': {
    ask: ({ productId }) => `{ product(id: "${productId}") { reserved } }`,
    at: ['product', 'reserved'],
    expected: staffOnly,
  },
}

/** The other fields of this subgraph: whoever may read the object may read them. */
export const openFields: OpenFields = {
  AdjustStockSuccess: 'product',
  ArchiveProductSuccess: 'product',
  CreateProductSuccess: 'product',
  InsufficientStock: 'message available',
  Money: 'amountMinor currency',
  Product: 'id sku name description category price available inStock imageUrl createdAt updatedAt archivedAt',
  ProductNotFound: 'message',
  SkuTaken: 'message',
  UpdateProductSuccess: 'product',
}
