import { amountIn } from './amount.ts'
import type { OrderRecord, OrderRecords } from './order-records.ts'
import { type Violation, violation } from './violations.ts'

/** Says what disagrees about an order: nothing if everything agrees, or if a change may still be under way. */
export type OrderRule = (order: OrderRecord, records: OrderRecords) => readonly Violation[]

/** Whether nothing is left to do for the order, so that all databases must agree on it. */
export const isAtRest = ({ step, status, refunds }: OrderRecord): boolean =>
  step === null && status !== 'PENDING' && !refunds.some(({ state }) => state === 'PENDING')

/** Whether the order was confirmed and not cancelled since: its units were taken from stock, and it was charged. */
export const isFulfilled = ({ status }: Pick<OrderRecord, 'status'>): boolean =>
  status === 'CONFIRMED' || status === 'SHIPPED' || status === 'DELIVERED' || status === 'REFUNDED'

/** Whether the order was rejected or cancelled. */
export const isOff = ({ status }: Pick<OrderRecord, 'status'>): boolean =>
  status === 'REJECTED' || status === 'CANCELLED'

/** Quantities per product; lines of the same product are added up. */
export const unitsOf = (
  lines: readonly { readonly productId: string; readonly quantity: number }[],
): ReadonlyMap<string, number> => {
  const units = new Map<string, number>()
  for (const { productId, quantity } of lines) units.set(productId, (units.get(productId) ?? 0) + quantity)
  return units
}

const customerUnknown: OrderRule = ({ id, customerId }, { isCustomerKnown }) =>
  isCustomerKnown
    ? []
    : [violation('customer-unknown', id, 'its customer is not among the users', [customerId])]

const totalDisagrees: OrderRule = ({ id, totalMinor, currency, items }) => {
  const amount = amountIn(currency)
  const sum = items.reduce((sum, { quantity, unitPriceMinor }) => sum + quantity * unitPriceMinor, 0)
  if (items.length > 0 && sum === totalMinor) return []
  const detail =
    items.length === 0 ? 'no items' : `total ${amount(totalMinor)}, its items cost ${amount(sum)}`
  return [violation('total-disagrees', id, detail)]
}

const historyGap: OrderRule = ({ id, version, status, changes }) => {
  const last = changes.at(-1)
  const isWhole = changes.length === version && changes.every((change, index) => change.version === index + 1)
  if (isWhole && last?.status === status && changes[0]?.status === 'PENDING') return []
  const detail = isWhole
    ? `${status}, its timeline goes from ${changes[0]?.status} to ${last?.status}`
    : `version ${version}, its timeline has ${changes.map(change => change.version).join(', ') || 'none'}`
  return [violation('history-gap', id, detail)]
}

const stuck: OrderRule = order => {
  const { id, status, step, isOverdue } = order
  if (isOverdue) return [violation('stuck', id, `${status}, and its step ${step} is not done`)]
  const waitsFor = step === null ? unfinished(order) : undefined
  return waitsFor === undefined
    ? []
    : [violation('stuck', id, `${status} without a next step, though ${waitsFor}`)]
}

const unfinished = ({ status, stockState, paymentState, refunds }: OrderRecord): string | undefined => {
  if (refunds.some(({ state }) => state === 'PENDING')) return 'a refund is pending'
  if (status === 'PENDING') return 'it is not settled'
  if (status !== 'CANCELLED') return undefined
  if (openStates.includes(paymentState)) {
    return `its payment is ${paymentState}`
  }
  return stockState === 'REFUSED' || stockState === 'RETURNED' ? undefined : `its stock is ${stockState}`
}

const openStates: readonly OrderRecord['paymentState'][] = [
  ...(['ASKED', 'REQUIRES_ACTION', 'PROCESSING', 'AUTHORIZED', 'CAPTURED'] as const),
]

const eventMissing: OrderRule = ({ id, changes, events }) =>
  changes.flatMap(({ version, status, paymentChange, isOld }, index) => {
    const event = events.find(event => event.version === version)
    const type =
      paymentChange === null ? eventTypeOf(status, changes[index - 1]?.status) : 'order.payment-changed'
    if (event === undefined) {
      const detail = `version ${version} has no ${type}`
      return isOld ? [] : [violation('event-missing', id, detail)]
    }
    const detail = `version ${version} has ${event.type} instead of ${type}`
    return event.type === type ? [] : [violation('event-missing', id, detail, [event.id])]
  })

/** n.b. a refund in part leaves the status as it was. */
const eventTypeOf = (status: string, before: string | undefined): string => {
  if (before === undefined) return 'order.placed'
  return status === before ? 'order.refunded' : `order.${status.toLowerCase()}`
}

/** What an order's own database must agree on. */
export const orderRules: readonly OrderRule[] = [
  customerUnknown,
  totalDisagrees,
  historyGap,
  stuck,
  eventMissing,
]
