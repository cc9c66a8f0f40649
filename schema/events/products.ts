import { defineEvent } from '@supergraph/messaging/envelope.ts'
import { z } from 'zod'

/** The number of units that can be ordered changed. Subject: the product. */
export const ProductStockChanged = defineEvent({
  type: 'product.stock-changed',
  source: 'products',
  data: z.object({ productId: z.uuid(), sku: z.string(), available: z.int().nonnegative() }),
})
