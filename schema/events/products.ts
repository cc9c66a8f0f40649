import { defineEvent } from '@supergraph/messaging/envelope.ts'
import { z } from 'zod'
import { money } from '../money.ts'
import { staffAct } from '../staff-act.ts'

/** The number of units that can be ordered changed. Subject: the product. */
export const ProductStockChanged = defineEvent({
  type: 'product.stock-changed',
  source: 'products',
  data: z.object({ productId: z.uuid(), sku: z.string(), available: z.int().nonnegative() }),
})

/**
 * A product was added, described or priced anew, or archived. Subject: its place in the catalogue, `catalogue/` and its
 * id, with versions of its own from 1: the events of its stock never wait for it.
 */
export const ProductUpdated = defineEvent({
  type: 'product.updated',
  source: 'products',
  data: z.object({
    productId: z.uuid(),
    sku: z.string(),
    name: z.string(),
    category: z.string().nullable(),
    price: money,
    isArchived: z.boolean(),
  }),
})

/** Staff changed the catalogue or the stock. Subject: an id of this event's own; version 1. */
export const ProductStaffActed = defineEvent({
  type: 'product.staff-acted',
  source: 'products',
  data: staffAct,
})
