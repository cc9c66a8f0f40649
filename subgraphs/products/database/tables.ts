import { EntitySchema } from 'typeorm'

/** A product; `available` counts units on the shelf, `version` the changes of what can be ordered, from 1. */
export type ProductRow = {
  readonly id: string
  readonly sku: string
  readonly name: string
  readonly description: string
  readonly category: string | null
  readonly priceMinor: number
  readonly currency: string
  readonly available: number
  readonly imageUrl: string | null
  readonly version: number
  readonly createdAt: Date
  readonly updatedAt: Date
  readonly archivedAt: Date | null
}

/** One entry of the stock ledger: the sum of a product's deltas is its `available`. `actor` is a user id or a service. */
export type StockMovementRow = {
  readonly id: string
  readonly productId: string
  readonly delta: number
  readonly reason: string
  readonly orderId: string | null
  readonly actor: string
  readonly at: Date
}

/** What became of an order's claim on the stock; RELEASED without lines: released before it was reserved. */
export type ReservationRow = {
  readonly orderId: string
  readonly state: 'RESERVED' | 'RELEASED'
  readonly createdAt: Date
  readonly releasedAt: Date | null
}

export type ReservationLineRow = {
  readonly orderId: string
  readonly productId: string
  readonly quantity: number
}

// n.b. the generated column `search` is left out: rows neither carry nor write it
export const productTable = new EntitySchema<ProductRow>({
  name: 'Product',
  tableName: 'products',
  columns: {
    id: { type: 'uuid', primary: true },
    sku: { type: 'text' },
    name: { type: 'text' },
    description: { type: 'text' },
    category: { type: 'text', nullable: true },
    priceMinor: { name: 'price_minor', type: 'integer' },
    currency: { type: 'char', length: 3 },
    available: { type: 'integer' },
    imageUrl: { name: 'image_url', type: 'text', nullable: true },
    version: { type: 'integer' },
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
    delta: { type: 'integer' },
    reason: { type: 'text' },
    orderId: { name: 'order_id', type: 'uuid', nullable: true },
    actor: { type: 'text' },
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
    releasedAt: { name: 'released_at', type: 'timestamptz', nullable: true },
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
