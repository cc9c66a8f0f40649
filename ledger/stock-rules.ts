import type { OrderRecords, ReservationRecord } from './order-records.ts'
import { isAtRest, isFulfilled, isOff, type OrderRule, unitsOf } from './order-rules.ts'
import { type Violation, violation } from './violations.ts'

/** What products holds for an order that orders itself does not know. */
export const reservationWithoutOrder = ({ orderId, reservation }: OrderRecords): readonly Violation[] =>
  reservation.state === null ? [] : [violation('reservation-without-order', orderId, reservation.state)]

const stockNotTaken: OrderRule = (order, { reservation: { state } }) =>
  isFulfilled(order) && state !== 'COMMITTED'
    ? [
        violation(
          'stock-not-taken',
          order.id,
          `${order.status}, its stock is ${state ?? 'unknown to products'}`,
        ),
      ]
    : []

const stockKept: OrderRule = (order, { reservation: { state } }) =>
  isOff(order) && isAtRest(order) && (state === 'RESERVED' || state === 'COMMITTED')
    ? [violation('stock-kept', order.id, `${order.status}, its stock is ${state}`)]
    : []

const linesDisagree: OrderRule = ({ id, items }, { reservation: { state, lines } }) => {
  const ordered = unitsOf(items)
  const reserved = unitsOf(lines)
  const holds = state === 'RESERVED' || state === 'COMMITTED'
  // n.b. a reservation that was refused or released may have kept no lines
  if (!holds && lines.length === 0) return []
  const others = [...new Set([...ordered.keys(), ...reserved.keys()])].filter(
    product => (ordered.get(product) ?? 0) !== (reserved.get(product) ?? 0),
  )
  const details = others.map(
    product => `${ordered.get(product) ?? 0} ordered, ${reserved.get(product) ?? 0} reserved`,
  )
  return others.length === 0 ? [] : [violation('lines-disagree', id, details.join('; '), others)]
}

const movementsDisagree: OrderRule = ({ id }, { reservation }) => {
  const units = unitsOf(reservation.lines)
  const sums = new Map(reservation.movements.map(moved => [moved.productId, moved]))
  const others = [...new Set([...units.keys(), ...sums.keys()])].filter(product => {
    const [onHand, reserved] = expectedMovement(reservation, units.get(product) ?? 0)
    const moved = sums.get(product)
    return (moved?.onHand ?? 0) !== onHand || (moved?.reserved ?? 0) !== reserved
  })
  if (others.length === 0) return []
  const [first = ''] = others
  const moved = sums.get(first)
  const detail = `${reservation.state}, ${units.get(first) ?? 0} units: moved ${moved?.onHand ?? 0}, reserved ${moved?.reserved ?? 0}`
  return [violation('movements-disagree', id, detail, others)]
}

/** What an order's movements of a product add up to: the units on hand, and the reserved ones. */
const expectedMovement = ({ state }: ReservationRecord, units: number): readonly [number, number] => {
  if (state === 'COMMITTED') return [-units, 0]
  return state === 'RESERVED' ? [0, units] : [0, 0]
}

/** What orders and products must agree on. */
export const stockRules: readonly OrderRule[] = [stockNotTaken, stockKept, linesDisagree, movementsDisagree]
