import { bigint, bigintColumn } from '@supergraph/postgres/bigint.ts'
import { type ColumnType, EntitySchema, type EntitySchemaColumnOptions } from 'typeorm'
import { z } from 'zod'
import { steps } from '../domain/next-step.ts'
import { paymentChanges, paymentStates, stockStates } from '../domain/order.ts'
import { disputeStatuses } from '../domain/settlement.ts'

const options = new Map<unknown, EntitySchemaColumnOptions>()

/** A column: its SQL type, and what a row holds there. Its SQL name is the property's name in snake_case. */
const column = <S extends z.ZodType>(type: ColumnType, shape: S, { primary = false } = {}): S => {
  options.set(shape, { type, primary, nullable: shape.safeParse(null).success })
  return shape
}

options.set(bigint, bigintColumn)

const sqlName = (property: string): string => property.replace(/[A-Z]/g, letter => `_${letter.toLowerCase()}`)

const table = (name: string, tableName: string, row: z.ZodObject) => ({
  name,
  tableName,
  columns: Object.fromEntries(
    Object.entries(row.shape).map(([property, shape]) => {
      const known = options.get(shape)
      if (known === undefined) throw new Error(`${property} has no SQL type: declare it with column().`)
      return [property, { ...known, name: sqlName(property) }]
    }),
  ),
})

const postalAddress = z.object({
  name: z.string(),
  line1: z.string(),
  line2: z.string().nullable(),
  city: z.string(),
  postalCode: z.string(),
  country: z.string(),
})

const shortage = z.object({ productId: z.string(), requested: z.int(), available: z.int() })

// n.b. a repeated request is answered with the message of the row, which an earlier release may have worded
const message = z.string().optional()
const refusal = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('OutOfStock'), shortages: z.array(shortage).readonly(), message }),
  z.object({ kind: z.literal('PaymentDeclined'), reason: z.string(), message }),
  z.object({ kind: z.literal('Unavailable'), message }),
])

const status = z.enum(['PENDING', 'CONFIRMED', 'REJECTED', 'CANCELLED', 'SHIPPED', 'DELIVERED', 'REFUNDED'])
const actorKind = z.enum(['CUSTOMER', 'STAFF', 'SYSTEM'])

/** A row of `orders`. Only the order store knows its lease: `step_due_at`, `step_attempts` and `fence`. */
export const orderRow = z.object({
  id: column('uuid', z.string(), { primary: true }),
  number: column('text', z.string()),
  customerId: column('uuid', z.string()),
  status: column('text', status),
  currency: column('text', z.string()),
  totalMinor: bigint,
  shipping: column('jsonb', postalAddress),
  version: column('integer', z.int()),
  /** Why the order is refused; null unless it is REJECTED, or PENDING and about to become REJECTED. */
  refusal: column('jsonb', refusal.nullable()),
  stockState: column('text', z.enum(stockStates)),
  paymentState: column('text', z.enum(paymentStates)),
  paymentMethod: column('text', z.string()),
  paymentId: column('text', z.string().nullable()),
  refundedMinor: bigint,
  /** What the customer needs to approve the payment; null unless the payment REQUIRES_ACTION. */
  paymentAction: column(
    'jsonb',
    z.object({ clientSecret: z.string(), redirectUrl: z.string().nullable() }).nullable(),
  ),
  paymentWaitsUntil: column('timestamptz', z.date().nullable()),
  tracking: column(
    'jsonb',
    z.object({ carrier: z.string().nullable(), trackingNumber: z.string() }).nullable(),
  ),
  /** What is to be done next for the order; null if nothing is. */
  step: column('text', z.enum(steps).nullable()),
  placedAt: column('timestamptz', z.date()),
})
export type OrderRow = Readonly<z.output<typeof orderRow>>

/** The columns of `orders`, by property. */
export const orderColumns = orderRow.keyof().options.map(property => ({ property, name: sqlName(property) }))

/** The columns of an OrderRow, selected from a table or an expression with the name `orders`. */
export const selectedOrderColumns = orderColumns
  .map(({ property, name }) => `orders.${name} as "${property}"`)
  .join(', ')

/** A row of `order_items`; `position` counts from 0. */
export const orderItemRow = z.object({
  orderId: column('uuid', z.string(), { primary: true }),
  position: column('integer', z.int(), { primary: true }),
  productId: column('uuid', z.string()),
  productName: column('text', z.string()),
  sku: column('text', z.string()),
  unitPriceMinor: bigint,
  quantity: column('integer', z.int()),
})
export type OrderItemRow = Readonly<z.output<typeof orderItemRow>>

/** A row of `order_changes`: a status that the order has had since `at`. */
export const orderChangeRow = z.object({
  orderId: column('uuid', z.string(), { primary: true }),
  version: column('integer', z.int(), { primary: true }),
  status: column('text', status),
  at: column('timestamptz', z.date()),
  reason: column('text', z.string().nullable()),
  actorKind: column('text', actorKind),
  actorId: column('uuid', z.string().nullable()),
  /** What changed of the payment, if the order's status stayed as it was. */
  paymentChange: column('text', z.enum(paymentChanges).nullable()),
  /** The refund that was made, or that the bank has sent back; null in changes of before, too. */
  refundId: column('uuid', z.string().nullable()),
})
export type OrderChangeRow = Readonly<z.output<typeof orderChangeRow>>

/** A row of `refunds`; `failure` is the payment provider's code of a FAILED one. */
const refundRow = z.object({
  id: column('uuid', z.string(), { primary: true }),
  orderId: column('uuid', z.string()),
  amountMinor: bigint,
  state: column('text', z.enum(['PENDING', 'SUCCEEDED', 'FAILED'])),
  failure: column('text', z.string().nullable()),
  reason: column('text', z.string().nullable()),
  actorKind: column('text', actorKind),
  actorId: column('uuid', z.string().nullable()),
  requestedAt: column('timestamptz', z.date()),
  /** The provider's id of a refund that was made in the provider's own console. */
  providerId: column('text', z.string().nullable()),
})
export type RefundRow = Readonly<z.output<typeof refundRow>>

/** A row of `disputes`. */
const disputeRow = z.object({
  id: column('text', z.string(), { primary: true }),
  orderId: column('uuid', z.string()),
  status: column('text', z.enum(disputeStatuses)),
  amountMinor: bigint,
  reason: column('text', z.string()),
  openedAt: column('timestamptz', z.date()),
  respondBy: column('timestamptz', z.date().nullable()),
})
export type DisputeRow = Readonly<z.output<typeof disputeRow>>

/** A row of `refund_lines`: units that were refunded; a refund of all that is left has none. */
export const refundLineRow = z.object({
  refundId: column('uuid', z.string(), { primary: true }),
  productId: column('uuid', z.string(), { primary: true }),
  quantity: column('integer', z.int()),
})

export const orderTable = new EntitySchema<OrderRow>(table('Order', 'orders', orderRow))
export const orderItemTable = new EntitySchema<OrderItemRow>(table('OrderItem', 'order_items', orderItemRow))
export const orderChangeTable = new EntitySchema<OrderChangeRow>(
  table('OrderChange', 'order_changes', orderChangeRow),
)
export const refundTable = new EntitySchema<RefundRow>(table('Refund', 'refunds', refundRow))
export const disputeTable = new EntitySchema<DisputeRow>(table('Dispute', 'disputes', disputeRow))
export const refundLineTable = new EntitySchema<z.output<typeof refundLineRow>>(
  table('RefundLine', 'refund_lines', refundLineRow),
)

/** Every table of the orders database whose rows are read one by one, except the tables of messaging. */
export const tables = [
  orderTable,
  orderItemTable,
  orderChangeTable,
  refundTable,
  refundLineTable,
  disputeTable,
]
