import type { Actor, Changed, IllegalTransition, Order, OrderLine, Refund } from './order.ts'

/** Units of a product of an order. */
export type Units = { readonly productId: string; readonly quantity: number }

/** A refund that is asked for: of these items, which may name a product twice, or of everything that is left if null. */
export type RefundRequest = {
  readonly id: string
  readonly items: readonly Units[] | null
  readonly reason: string | null
  readonly actor: Actor
}

/** Why a refund is not granted; `index` is the item of the request that can't be refunded. */
export type RefundRefusal =
  | IllegalTransition
  /** Another refund of the order is pending. */
  | { readonly kind: 'busy' }
  | { readonly kind: 'nothingPaid' | 'freeOfCharge' }
  | { readonly kind: 'notOrdered'; readonly index: number }
  /** At most `most` units of the product are left to refund. */
  | { readonly kind: 'tooManyUnits'; readonly index: number; readonly most: number }

/**
 * Grants a refund at the prices of the order's lines; `refunded` are the units that earlier refunds returned. The one
 * that returns the last unit takes exactly what is left.
 */
export const requestRefund = (
  order: Order,
  lines: readonly OrderLine[],
  refunded: readonly Units[],
  { id, items, reason, actor }: RefundRequest,
): Changed | RefundRefusal => {
  const { status, payment, total } = order
  if (status !== 'CONFIRMED' && status !== 'SHIPPED' && status !== 'DELIVERED') {
    return { kind: 'illegal', from: status, to: 'REFUNDED' }
  }
  if (order.pendingRefund !== null) return { kind: 'busy' }
  const leftMinor = total.amountMinor - payment.refundedMinor
  if (leftMinor === 0) return { kind: 'nothingPaid' }
  const left = unitsLeft(lines, refunded)
  const mistake = items === null ? undefined : findMistake(items, left)
  if (mistake !== undefined) return mistake

  const isLast = items === null || isAll(items, left)
  // n.b. a refund that was made at the provider names no units
  const amountMinor = isLast ? leftMinor : Math.min(worthOf(items, lines), leftMinor)
  if (amountMinor === 0) return { kind: 'freeOfCharge' }
  const pendingRefund: Refund = {
    id,
    amountMinor,
    lines: addUp(items ?? []).toSorted(byProduct),
    reason,
    actor,
  }
  return { kind: 'changed', order: { ...order, pendingRefund }, events: [] }
}

// n.b. the order in which they are read again, so that an event that is made anew is the one that was told
const byProduct = (one: Units, other: Units): number => (one.productId < other.productId ? -1 : 1)

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

const findMistake = (
  items: readonly Units[],
  left: ReadonlyMap<string, number>,
): RefundRefusal | undefined => {
  const asked = new Map<string, number>()
  for (const [index, { productId, quantity }] of items.entries()) {
    const most = left.get(productId)
    const sum = (asked.get(productId) ?? 0) + quantity
    asked.set(productId, sum)
    if (most === undefined) return { kind: 'notOrdered', index }
    if (sum > most) return { kind: 'tooManyUnits', index, most }
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
