import type { OrderCase, ReservationRecord, ShelfCase } from './cases.ts'
import type { Violation } from './kinds.ts'
import { isAtRest, isFulfilled, isOff, type OrderRule, unitsOf } from './order-rules.ts'

/** What products holds for an order that orders itself knows nothing of. */
export const reservationWithoutOrder = ({ orderId, reservation }: OrderCase): readonly Violation[] =>
  reservation.state === null
    ? []
    : [{ kind: 'reservation-without-order', subject: orderId, detail: reservation.state, ids: [] }]

/** What a product's shelf must agree on with its movements, its reservations and notifications. */
export const judgeShelf = (shelf: ShelfCase): readonly Violation[] => [
  ...shelfDisagrees(shelf),
  ...stockUpdates(shelf),
]

const stockNotTaken: OrderRule = (order, { reservation: { state } }) =>
  isFulfilled(order) && state !== 'COMMITTED'
    ? [
        {
          kind: 'stock-not-taken',
          subject: order.id,
          detail: `${order.status}, its stock is ${state ?? 'unknown to products'}`,
          ids: [],
        },
      ]
    : []

const stockKept: OrderRule = (order, { reservation: { state } }) =>
  isOff(order) && isAtRest(order) && (state === 'RESERVED' || state === 'COMMITTED')
    ? [{ kind: 'stock-kept', subject: order.id, detail: `${order.status}, its stock is ${state}`, ids: [] }]
    : []

const linesDisagree: OrderRule = ({ id, items }, { reservation: { state, lines } }) => {
  const ordered = unitsOf(items)
  const reserved = unitsOf(lines)
  const holds = state === 'RESERVED' || state === 'COMMITTED'
  // n.b. what came to nothing may have kept no lines
  if (!holds && lines.length === 0) return []
  const others = new Set([...ordered.keys(), ...reserved.keys()].filter(isOther(ordered, reserved)))
  return others.size === 0
    ? []
    : [
        {
          kind: 'lines-disagree',
          subject: id,
          detail: [...others]
            .map(product => `${ordered.get(product) ?? 0} ordered, ${reserved.get(product) ?? 0} reserved`)
            .join('; '),
          ids: [...others],
        },
      ]
}

const isOther = (a: ReadonlyMap<string, number>, b: ReadonlyMap<string, number>) => (product: string) =>
  (a.get(product) ?? 0) !== (b.get(product) ?? 0)

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
  return [{ kind: 'movements-disagree', subject: id, detail, ids: others }]
}

/** What an order's movements of a product add up to: of its shelf's units, and of those reserved on it. */
const expectedMovement = ({ state }: ReservationRecord, units: number): readonly [number, number] => {
  if (state === 'COMMITTED') return [-units, 0]
  return state === 'RESERVED' ? [0, units] : [0, 0]
}

const shelfDisagrees = (shelf: ShelfCase): readonly Violation[] => {
  const { id, onHand, reserved, movedOnHand, movedReserved, reservedByOrders } = shelf
  const problems = [
    onHand === movedOnHand ? '' : `${onHand} on hand, its movements say ${movedOnHand}`,
    reserved === movedReserved ? '' : `${reserved} reserved, its movements say ${movedReserved}`,
    reserved === reservedByOrders ? '' : `${reserved} reserved, its reservations say ${reservedByOrders}`,
    0 <= reserved && reserved <= onHand ? '' : `${reserved} of ${onHand} reserved`,
  ].filter(problem => problem !== '')
  return problems.length === 0
    ? []
    : [{ kind: 'shelf-disagrees', subject: id, detail: problems.join('; '), ids: [] }]
}

const stockUpdates = ({
  id,
  version,
  orderable,
  hasEventsWaiting,
  told,
}: ShelfCase): readonly Violation[] => {
  if (hasEventsWaiting || (told === null && version === 1)) return []
  if (told === null || told.version < version) {
    const detail = `version ${version}, notifications knows ${told?.version ?? 'none'}`
    return [{ kind: 'update-missing', subject: id, detail, ids: [] }]
  }
  if (told.version === version && told.available === orderable) return []
  const detail = `${orderable} in version ${version}, notifications says ${told.available} in ${told.version}`
  return [{ kind: 'update-unfounded', subject: id, detail, ids: [] }]
}

/** What orders and products must agree on. */
export const stockRules: readonly OrderRule[] = [stockNotTaken, stockKept, linesDisagree, movementsDisagree]
