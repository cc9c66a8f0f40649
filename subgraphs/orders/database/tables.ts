import type { PostalAddress } from '@supergraph/schema/postal-address.ts'
import { EntitySchema } from 'typeorm'
import type { Step } from '../checkout/decide.ts'
import type {
  Actor,
  OrderLine,
  OrderStatus,
  PaymentState,
  Refusal,
  StockState,
  Tracking,
} from '../domain/order.ts'

/** A row of `orders`; its lease (`step_due_at`, `step_attempts`, `fence`) is the order store's alone. */
export type OrderRow = {
  readonly id: string
  readonly number: string
  readonly customerId: string
  readonly status: OrderStatus
  readonly currency: string
  readonly totalMinor: number
  readonly shipping: PostalAddress
  readonly version: number
  /** Why the order is refused; null unless it is REJECTED, or PENDING and on its way there. */
  readonly refusal: Refusal | null
  readonly stockState: StockState
  readonly paymentState: PaymentState
  readonly paymentMethod: string
  readonly paymentId: string | null
  readonly refundedMinor: number
  readonly tracking: Tracking | null
  /** What is to be done next for the order; null when nothing is. */
  readonly step: Step | null
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
  readonly actorKind: Actor['kind']
  readonly actorId: string | null
}

/** A row of `refunds`; `failure` is the payment provider's code of a FAILED one. */
export type RefundRow = {
  readonly id: string
  readonly orderId: string
  readonly amountMinor: number
  readonly state: 'PENDING' | 'SUCCEEDED' | 'FAILED'
  readonly failure: string | null
  readonly reason: string | null
  readonly actorKind: Actor['kind']
  readonly actorId: string | null
  readonly requestedAt: Date
}

/** A row of `refund_lines`: units that were refunded; a refund of all that is left has none. */
export type RefundLineRow = {
  readonly refundId: string
  readonly productId: string
  readonly quantity: number
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
    refusal: { type: 'jsonb', nullable: true },
    stockState: { type: 'text', name: 'stock_state' },
    paymentState: { type: 'text', name: 'payment_state' },
    paymentMethod: { type: 'text', name: 'payment_method' },
    paymentId: { type: 'text', name: 'payment_id', nullable: true },
    refundedMinor: { type: 'integer', name: 'refunded_minor' },
    tracking: { type: 'jsonb', nullable: true },
    step: { type: 'text', nullable: true },
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
    actorKind: { type: 'text', name: 'actor_kind' },
    actorId: { type: 'uuid', name: 'actor_id', nullable: true },
  },
})

export const refunds = new EntitySchema<RefundRow>({
  name: 'refunds',
  columns: {
    id: { type: 'uuid', primary: true },
    orderId: { type: 'uuid', name: 'order_id' },
    amountMinor: { type: 'integer', name: 'amount_minor' },
    state: { type: 'text' },
    failure: { type: 'text', nullable: true },
    reason: { type: 'text', nullable: true },
    actorKind: { type: 'text', name: 'actor_kind' },
    actorId: { type: 'uuid', name: 'actor_id', nullable: true },
    requestedAt: { type: 'timestamptz', name: 'requested_at' },
  },
})

export const refundLines = new EntitySchema<RefundLineRow>({
  name: 'refund_lines',
  columns: {
    refundId: { type: 'uuid', name: 'refund_id', primary: true },
    productId: { type: 'uuid', name: 'product_id', primary: true },
    quantity: { type: 'integer' },
  },
})

/** Every table of the orders database that is read row by row, messaging's aside. */
export const tables = [orders, orderItems, orderChanges, refunds, refundLines]
