import { isUuid } from '@supergraph/runtime/uuid.ts'
import { amountIn } from './amount.ts'
import type { Databases } from './databases.ts'
import { readOrders } from './order-reader.ts'
import type { OrderRecord, OrderRecords, PaymentRecord } from './order-records.ts'
import { isAtRest } from './order-rules.ts'
import { checkOrder } from './orders.ts'
import { kinds, type Violation } from './violations.ts'

/** What each side has of an order, and what of that disagrees. */
export type OrderAccount = {
  /** Whether nothing is left to do for the order; what disagrees before may be under way. */
  readonly isAtRest: boolean
  readonly sides: readonly Side[]
  readonly violations: readonly (Violation & { readonly meaning: string })[]
}

/** What one of the databases has, in words. */
export type Side = {
  readonly name: 'orders' | 'products' | 'payments' | 'events' | 'notifications'
  readonly says: string
}

/** Reads one order from all databases; undefined if none has anything of it. Throws LedgerUnreadable. */
export const readOrderAccount = async (
  databases: Databases,
  id: string,
): Promise<OrderAccount | undefined> => {
  if (!isUuid(id)) return undefined
  const [records] = await readOrders(databases, [id])
  if (records === undefined || knowsNothing(records)) return undefined
  return {
    isAtRest: records.order !== null && isAtRest(records.order),
    sides: sidesOf(records),
    violations: checkOrder(records).map(violation => ({ ...violation, meaning: kinds[violation.kind] })),
  }
}

const knowsNothing = ({ order, reservation, payments, news }: OrderRecords): boolean =>
  order === null &&
  reservation.state === null &&
  payments.length === 0 &&
  news.updates.length === 0 &&
  news.notifications.length === 0

/** What each side has of an order, with the figures that must agree. */
export const sidesOf = (records: OrderRecords): readonly Side[] => [
  { name: 'orders', says: orderText(records.order) },
  { name: 'products', says: reservationText(records.reservation) },
  { name: 'payments', says: records.payments.map(paymentText).join('; ') || 'no payment' },
  { name: 'events', says: eventsText(records.order?.events ?? []) },
  { name: 'notifications', says: newsText(records.news) },
]

const orderText = (order: OrderRecord | null): string => {
  if (order === null) return 'no such order'
  const { status, version, currency, totalMinor, refundedMinor, paymentState, stockState, items } = order
  const amount = amountIn(currency)
  return [
    `${status} at version ${version}`,
    `${units(items)} for ${amount(totalMinor)}`,
    `payment ${paymentState}, ${amount(refundedMinor)} returned`,
    `stock ${stockState}`,
  ].join('; ')
}

const reservationText = ({ state, lines }: OrderRecords['reservation']): string =>
  state === null ? 'no reservation' : `${state}; ${units(lines)}`

const paymentText = ({
  status,
  currency,
  receivedMinor,
  refundedMinor,
  amountMinor,
}: PaymentRecord): string => {
  const amount = amountIn(currency)
  return `${status}: ${amount(receivedMinor)} of ${amount(amountMinor)} charged, ${amount(refundedMinor)} returned`
}

const eventsText = (events: OrderRecord['events']): string =>
  events.length === 0
    ? 'none is kept any more'
    : `${events.filter(({ isPublished }) => isPublished).length} of ${events.length} published`

const newsText = ({ updates, notifications }: OrderRecords['news']): string =>
  [
    counted(updates.length, 'change'),
    counted(notifications.length, 'notification'),
    counted(
      updates.reduce((sum, { emailedTo }) => sum + emailedTo.length, 0),
      'e-mail',
    ),
  ].join(', ')

const units = (lines: readonly { readonly quantity: number }[]): string =>
  counted(
    lines.reduce((sum, { quantity }) => sum + quantity, 0),
    'unit',
  )

const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`
