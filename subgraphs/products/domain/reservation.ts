import type { Refusal } from './refusals.ts'
import {
  holdStock,
  putBackStock,
  type Shortage,
  type Stock,
  type StockChange,
  type StockLine,
  shortagesOf,
  takeFreeStock,
  takeHeldStock,
  unholdStock,
} from './stock.ts'

/**
 * An order's claim on stock, one line per product; the first request decides the lines.
 *
 * - NEW: asked for just now.
 * - RESERVED: its units are set aside.
 * - COMMITTED: its units have left the warehouse.
 * - EXPIRED: its units were set aside for too long and are free again.
 * - REFUSED: there were too few units.
 * - RELEASED: nothing is held, and nothing can be reserved later.
 */
export type Reservation = { readonly lines: readonly StockLine[] } & (
  | { readonly state: 'NEW' | 'RESERVED' | 'COMMITTED' | 'EXPIRED' | 'RELEASED' }
  | { readonly state: 'REFUSED'; readonly shortages: readonly Shortage[] }
)

export type ReservationCommand = 'reserve' | 'commit' | 'release' | 'expire'

/** A reservation after a command, and the changes of stock that the command made. */
export type Transition = { readonly reservation: Reservation; readonly changes: readonly StockChange[] }

/** What an order is told: it has its units, there were too few of them, or nothing is held for the order any more. */
export type ReservationOutcome = { readonly kind: 'granted' } | Refusal<'shortage' | 'released'>

const moving = {
  reserve: ['NEW', 'EXPIRED'],
  commit: ['RESERVED', 'EXPIRED'],
  release: ['RESERVED', 'COMMITTED'],
  expire: ['RESERVED'],
} as const satisfies Readonly<Record<ReservationCommand, readonly Reservation['state'][]>>

/** The lines whose products a command may change; none if the command changes nothing in this state. */
export const linesToMove = (
  command: ReservationCommand,
  { state, lines }: Reservation,
): readonly StockLine[] => (moving[command].some(from => from === state) ? lines : [])

/** Carries out a command with the products of `linesToMove`, all lines or none; the same command again changes nothing. */
export const decide = (
  command: ReservationCommand,
  reservation: Reservation,
  stocks: readonly Stock[],
): Transition => {
  const { state, lines } = reservation
  switch (command) {
    case 'reserve':
      if (state !== 'NEW' && state !== 'EXPIRED') return unchanged(reservation)
      return grant('RESERVED', lines, stocks, holdStock)
    case 'commit':
      if (state === 'EXPIRED') return grant('COMMITTED', lines, stocks, takeFreeStock)
      if (state !== 'RESERVED') return unchanged(reservation)
      return { reservation: { state: 'COMMITTED', lines }, changes: takeHeldStock(stocks, lines) }
    case 'release':
      if (state === 'RELEASED') return unchanged(reservation)
      return { reservation: { state: 'RELEASED', lines }, changes: giveBack(reservation, stocks) }
    case 'expire':
      if (state !== 'RESERVED') return unchanged(reservation)
      return { reservation: { state: 'EXPIRED', lines }, changes: unholdStock(stocks, lines) }
    default:
      return command satisfies never
  }
}

/** Refuses a reservation, unless it is settled already. */
export const refuse = (reservation: Reservation, shortages: readonly Shortage[]): Reservation =>
  reservation.state === 'NEW' || reservation.state === 'EXPIRED'
    ? { state: 'REFUSED', lines: reservation.lines, shortages }
    : reservation

/** What a reservation means for the order that asked. */
export const outcomeOf = (reservation: Reservation): ReservationOutcome => {
  switch (reservation.state) {
    case 'RESERVED':
    case 'COMMITTED':
      return { kind: 'granted' }
    case 'REFUSED':
      return { kind: 'shortage', items: reservation.shortages }
    case 'NEW':
    case 'EXPIRED':
    case 'RELEASED':
      return { kind: 'released' }
    default:
      return reservation satisfies never
  }
}

const unchanged = (reservation: Reservation): Transition => ({ reservation, changes: [] })

const giveBack = ({ state, lines }: Reservation, stocks: readonly Stock[]): readonly StockChange[] => {
  if (state === 'RESERVED') return unholdStock(stocks, lines)
  return state === 'COMMITTED' ? putBackStock(stocks, lines) : []
}

const grant = (
  state: 'RESERVED' | 'COMMITTED',
  lines: readonly StockLine[],
  stocks: readonly Stock[],
  take: typeof holdStock,
): Transition => {
  const shortages = shortagesOf(stocks, lines)
  return shortages.length > 0
    ? unchanged({ state: 'REFUSED', lines, shortages })
    : { reservation: { state, lines }, changes: take(stocks, lines) }
}
