import type { Actor, Change, Order, OrderLine, OrderStatus, Refund } from './order.ts'
import type { InvalidInput } from './order-input.ts'

/** Units of a product of an order. */
export type Units = { readonly productId: string; readonly quantity: number }

/** A refund that is asked for: of these units, in lines as they were asked for, or of everything that is left. */
export type RefundRequest = {
  readonly id: string
  readonly items: readonly Units[] | null
  readonly reason: string | null
  readonly actor: Actor
}

/** What a request for a refund makes of an order: one with a pending refund, or why not; `busy` while another one is pending. */
export type RefundTransition =
  | Change
  | { readonly kind: 'illegal'; readonly from: OrderStatus; readonly to: 'REFUNDED' }
  | ({ readonly kind: 'invalid' } & InvalidInput)
  | { readonly kind: 'busy' }

/**
 * Grants a refund at the prices of the order's lines; `refunded` are the units that earlier refunds returned. The one
 * that returns the last unit takes exactly what is left.
 */
export const requestRefund = (
  order: Order,
  lines: readonly OrderLine[],
  refunded: readonly Units[],
  { id, items, reason, actor }: RefundRequest,
): RefundTransition => {
  const { status, payment, total } = order
  if (status !== 'CONFIRMED' && status !== 'SHIPPED' && status !== 'DELIVERED') {
    return { kind: 'illegal', from: status, to: 'REFUNDED' }
  }
  if (order.pendingRefund !== null) return { kind: 'busy' }
  const leftMinor = total.amountMinor - payment.refundedMinor
  if (leftMinor === 0)
    return invalid('orderId', 'Nothing was paid for this order: there is nothing to refund.')
  const left = unitsLeft(lines, refunded)
  const mistake = items === null ? undefined : findMistake(items, left)
  if (mistake !== undefined) return mistake

  const isLast = items === null || isAll(items, left)
  const amountMinor = isLast ? leftMinor : worthOf(items, lines)
  if (amountMinor === 0) return invalid('items', 'These items cost nothing: there is nothing to refund.')
  const pendingRefund: Refund = { id, amountMinor, lines: addUp(items ?? []), reason, actor }
  return { kind: 'changed', order: { ...order, pendingRefund }, events: [] }
}

/** The units with one entry per product, in the order of their first lines. */
export const addUp = (units: readonly Units[]): readonly Units[] => {
  const quantities = new Map<string, number>()
  for (const { productId, quantity } of units) {
    quantities.set(productId, (quantities.get(productId) ?? 0) + quantity)
  }
  return [...quantities].map(([productId, quantity]) => ({ productId, quantity }))
}

const unitsLeft = (lines: readonly OrderLine[], refunded: readonly Units[]): ReadonlyMap<string, number> => {
  const left = new Map(lines.map(({ productId, quantity }) => [productId, quantity]))
  for (const { productId, quantity } of refunded) left.set(productId, (left.get(productId) ?? 0) - quantity)
  return left
}

const findMistake = (items: readonly Units[], left: ReadonlyMap<string, number>) => {
  const asked = new Map<string, number>()
  for (const [index, { productId, quantity }] of items.entries()) {
    const most = left.get(productId)
    const sum = (asked.get(productId) ?? 0) + quantity
    asked.set(productId, sum)
    if (most === undefined) return invalid(`items.${index}.productId`, 'The order has no such product.')
    if (sum <= most) continue
    const text =
      most === 0
        ? 'All units of this product are refunded already.'
        : `Refund at most ${most} of this product: more were not ordered or are refunded already.`
    return invalid(`items.${index}.quantity`, text)
  }
  return undefined
}

const isAll = (items: readonly Units[], left: ReadonlyMap<string, number>): boolean => {
  const asked = new Map(addUp(items).map(({ productId, quantity }) => [productId, quantity]))
  return left.entries().every(([productId, quantity]) => (asked.get(productId) ?? 0) === quantity)
}

const worthOf = (items: readonly Units[], lines: readonly OrderLine[]): number => {
  const prices = new Map(lines.map(({ productId, unitPriceMinor }) => [productId, unitPriceMinor]))
  return items.reduce((sum, { productId, quantity }) => sum + (prices.get(productId) ?? 0) * quantity, 0)
}

const invalid = (field: string, message: string) => ({ kind: 'invalid', field, message }) as const
