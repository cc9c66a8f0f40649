import { bigint, bigintColumn } from '@supergraph/postgres/bigint.ts'
import { EntitySchema } from 'typeorm'
import { z } from 'zod'
import type { Shortage } from '../domain/stock.ts'

/**
 * A product. `onHand` counts its units in the warehouse, `reserved` those of them that orders hold. `version` counts the
 * changes of the units that can be ordered, `catalogueVersion` the changes of everything else, both from 1.
 */
export type ProductRow = Readonly<z.output<typeof productRow>>

export const productRow = z.object({
  id: z.string(),
  sku: z.string(),
  name: z.string(),
  description: z.string(),
  category: z.string().nullable(),
  priceMinor: bigint,
  currency: z.string(),
  onHand: z.int(),
  reserved: z.int(),
  imageUrl: z.string().nullable(),
  version: z.int(),
  catalogueVersion: z.int(),
  createdAt: z.date(),
  updatedAt: z.date(),
  archivedAt: z.date().nullable(),
})

/** One entry of the stock ledger: a product's deltas add up to its `onHand` and `reserved`. `actor` is a user's id or a service's name. */
export type StockMovementRow = {
  readonly id: string
  readonly productId: string
  readonly onHandDelta: number
  readonly reservedDelta: number
  readonly reason: string
  readonly orderId: string | null
  readonly actor: string
  /** Unique per actor. */
  readonly idempotencyKey: string | null
  readonly at: Date
}

/**
 * The state of an order's claim on the stock since `changedAt`. Only RESERVED has an end, only REFUSED has shortages.
 * RELEASED has no lines if it was released before it was reserved.
 */
export type ReservationRow = {
  readonly orderId: string
  readonly state: 'RESERVED' | 'COMMITTED' | 'RELEASED' | 'EXPIRED' | 'REFUSED'
  readonly createdAt: Date
  readonly changedAt: Date
  readonly expiresAt: Date | null
  readonly shortages: readonly Shortage[] | null
}

type ReservationLineRow = {
  readonly orderId: string
  readonly productId: string
  readonly quantity: number
}

// n.b. without the generated columns `available` and `search`, which nobody may write
export const productTable = new EntitySchema<ProductRow>({
  name: 'Product',
  tableName: 'products',
  columns: {
    id: { type: 'uuid', primary: true },
    sku: { type: 'text' },
    name: { type: 'text' },
    description: { type: 'text' },
    category: { type: 'text', nullable: true },
    priceMinor: { ...bigintColumn, name: 'price_minor' },
    currency: { type: 'char', length: 3 },
    onHand: { name: 'on_hand', type: 'integer' },
    reserved: { type: 'integer' },
    imageUrl: { name: 'image_url', type: 'text', nullable: true },
    version: { type: 'integer' },
    catalogueVersion: { name: 'catalogue_version', type: 'integer' },
    createdAt: { name: 'created_at', type: 'timestamptz' },
    updatedAt: { name: 'updated_at', type: 'timestamptz' },
    archivedAt: { name: 'archived_at', type: 'timestamptz', nullable: true },
  },
})

export const stockMovementTable = new EntitySchema<StockMovementRow>({
  name: 'StockMovement',
  tableName: 'stock_movements',
  columns: {
    id: { type: 'uuid', primary: true },
    productId: { name: 'product_id', type: 'uuid' },
    onHandDelta: { name: 'on_hand_delta', type: 'integer' },
    reservedDelta: { name: 'reserved_delta', type: 'integer' },
    reason: { type: 'text' },
    orderId: { name: 'order_id', type: 'uuid', nullable: true },
    actor: { type: 'text' },
    idempotencyKey: { name: 'idempotency_key', type: 'text', nullable: true },
    at: { type: 'timestamptz' },
  },
})

export const reservationTable = new EntitySchema<ReservationRow>({
  name: 'Reservation',
  tableName: 'reservations',
  columns: {
    orderId: { name: 'order_id', type: 'uuid', primary: true },
    state: { type: 'text' },
    createdAt: { name: 'created_at', type: 'timestamptz' },
    changedAt: { name: 'changed_at', type: 'timestamptz' },
    expiresAt: { name: 'expires_at', type: 'timestamptz', nullable: true },
    shortages: { type: 'jsonb', nullable: true },
  },
})

export const reservationLineTable = new EntitySchema<ReservationLineRow>({
  name: 'ReservationLine',
  tableName: 'reservation_lines',
  columns: {
    orderId: { name: 'order_id', type: 'uuid', primary: true },
    productId: { name: 'product_id', type: 'uuid', primary: true },
    quantity: { type: 'integer' },
  },
})

/** Every table of this subgraph, for `openDatabase`. */
export const tables = [productTable, stockMovementTable, reservationTable, reservationLineTable]
