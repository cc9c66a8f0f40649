import type { PostalAddress } from '@supergraph/runtime/postal-address.ts'
import { EntitySchema } from 'typeorm'
import type { Step } from '../checkout/decide.ts'
import type { OrderLine, OrderStatus, Refusal } from '../domain/order.ts'

/** A row of `orders`. */
export type OrderRow = {
  readonly id: string
  readonly number: string
  readonly customerId: string
  readonly status: OrderStatus
  readonly currency: string
  readonly totalMinor: number
  readonly shipping: PostalAddress
  readonly version: number
  /** Unique per customer. */
  readonly idempotencyKey: string
  readonly inputHash: string
  /** Why the order was refused; null unless it is REJECTED. */
  readonly failure: Refusal | null
  /** What is left to be done for the order, from `nextStepAt` on; null when nothing is. */
  readonly nextStep: Step | null
  readonly nextStepAt: Date | null
  readonly stepAttempts: number
  readonly placedAt: Date
}

/** A row of `order_items`; `position` counts from 0. */
export type OrderItemRow = OrderLine & { readonly orderId: string; readonly position: number }

/** A row of `order_changes`: a status that the order has had since `at`. */
export type OrderChangeRow = {
  readonly orderId: string
  readonly version: number
  readonly status: OrderStatus
  readonly at: Date
  readonly reason: string | null
}

export const orders = new EntitySchema<OrderRow>({
  name: 'orders',
  columns: {
    id: { type: 'uuid', primary: true },
    number: { type: 'text' },
    customerId: { type: 'uuid', name: 'customer_id' },
    status: { type: 'text' },
    currency: { type: 'text' },
    totalMinor: { type: 'integer', name: 'total_minor' },
    shipping: { type: 'jsonb' },
    version: { type: 'integer' },
    idempotencyKey: { type: 'text', name: 'idempotency_key' },
    inputHash: { type: 'text', name: 'input_hash' },
    failure: { type: 'jsonb', nullable: true },
    nextStep: { type: 'text', name: 'next_step', nullable: true },
    nextStepAt: { type: 'timestamptz', name: 'next_step_at', nullable: true },
    stepAttempts: { type: 'integer', name: 'step_attempts', default: 0 },
    placedAt: { type: 'timestamptz', name: 'placed_at' },
  },
})

export const orderItems = new EntitySchema<OrderItemRow>({
  name: 'order_items',
  columns: {
    orderId: { type: 'uuid', name: 'order_id', primary: true },
    position: { type: 'integer', primary: true },
    productId: { type: 'uuid', name: 'product_id' },
    productName: { type: 'text', name: 'product_name' },
    sku: { type: 'text' },
    unitPriceMinor: { type: 'integer', name: 'unit_price_minor' },
    quantity: { type: 'integer' },
  },
})

export const orderChanges = new EntitySchema<OrderChangeRow>({
  name: 'order_changes',
  columns: {
    orderId: { type: 'uuid', name: 'order_id', primary: true },
    version: { type: 'integer', primary: true },
    status: { type: 'text' },
    at: { type: 'timestamptz' },
    reason: { type: 'text', nullable: true },
  },
})

/** Every table of the orders database, messaging's aside. */
export const tables = [orders, orderItems, orderChanges]
