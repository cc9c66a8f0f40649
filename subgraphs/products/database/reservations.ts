import { affected, rows } from '@supergraph/postgres/statements.ts'
import { type EntityManager, Raw } from 'typeorm'
import { z } from 'zod'
import {
  decide,
  linesToMove,
  type Reservation,
  type ReservationCommand,
  refuse,
} from '../domain/reservation.ts'
import type { Shortage, StockLine } from '../domain/stock.ts'
import type { ReservationRequest } from './reservation-statements.ts'
import { lockProducts, saveStockChanges } from './stock-changes.ts'
import { type ReservationRow, reservationLineTable, reservationTable } from './tables.ts'

/** Sets the lines aside, all or none; the caller must roll back what ends REFUSED. */
export const reserveLines = async (
  manager: EntityManager,
  lines: readonly StockLine[],
  request: ReservationRequest,
): Promise<Reservation> => {
  const claimed = await claim(manager, 'RESERVED', request)
  return carryOut(manager, 'reserve', claimed ?? { state: 'NEW', lines }, request)
}

/** Commits or releases an order's reservation; an order without one is recorded as released, and can't reserve later. */
export const settleReservation = async (
  manager: EntityManager,
  command: 'commit' | 'release',
  request: ReservationRequest,
): Promise<Reservation> => {
  const claimed = await claim(manager, 'RELEASED', request)
  return carryOut(manager, command, claimed ?? { state: 'RELEASED', lines: [] }, request)
}

/** Records that an order was refused, unless its reservation is settled already; does not read products. */
export const refuseReservation = async (
  manager: EntityManager,
  shortages: readonly Shortage[],
  request: ReservationRequest,
): Promise<Reservation> => {
  const claimed = await claim(manager, 'REFUSED', request, shortages)
  if (claimed === undefined) return { state: 'REFUSED', lines: [], shortages }
  const refused = refuse(claimed, shortages)
  if (refused !== claimed) await saveState(manager, refused, request)
  return refused
}

/** Frees what an order has set aside for too long; returns false if it is not overdue or another transaction has locked it. */
export const expireReservation = async (
  manager: EntityManager,
  request: ReservationRequest,
): Promise<boolean> => {
  const row = await manager.findOne(reservationTable, {
    where: { orderId: request.orderId, state: 'RESERVED', expiresAt: Raw(column => `${column} <= now()`) },
    lock: { mode: 'pessimistic_write', onLocked: 'skip_locked' },
  })
  if (row === null) return false
  await carryOut(manager, 'expire', await toReservation(manager, row), request)
  return true
}

/** The orders whose reservations are overdue by the database's clock, without those in `except`; the longest overdue first. */
export const readOverdueOrders = async (
  manager: EntityManager,
  limit: number,
  except: readonly string[],
): Promise<readonly string[]> => {
  const overdue = await rows(
    manager,
    z.object({ orderId: z.string() }),
    `select order_id as "orderId" from reservations
     where state = 'RESERVED' and expires_at <= now() and order_id <> all ($2::uuid[])
     order by expires_at
     limit $1`,
    [limit, except],
  )
  return overdue.map(({ orderId }) => orderId)
}

/** Inserts a reservation in this state; if the order has one already, locks and returns that instead. */
const claim = async (
  manager: EntityManager,
  state: 'RESERVED' | 'RELEASED' | 'REFUSED',
  { orderId, at, ttlSeconds }: ReservationRequest,
  shortages?: readonly Shortage[],
): Promise<Reservation | undefined> => {
  // n.b. waits if another transaction is inserting the same order
  const inserted = await affected(
    manager,
    `insert into reservations (order_id, state, created_at, changed_at, expires_at, shortages)
     values ($1, $2, $3, $3, case when $2 = 'RESERVED' then now() + make_interval(secs => $4) end, $5)
     on conflict (order_id) do nothing`,
    [orderId, state, at, ttlSeconds, shortages && JSON.stringify(shortages)],
  )
  if (inserted > 0) return undefined
  const row = await manager.findOneOrFail(reservationTable, {
    where: { orderId },
    lock: { mode: 'pessimistic_write' },
  })
  return toReservation(manager, row)
}

const toReservation = async (
  manager: EntityManager,
  { orderId, state, shortages }: ReservationRow,
): Promise<Reservation> => {
  const lines = await manager.findBy(reservationLineTable, { orderId })
  return state === 'REFUSED' ? { state, lines, shortages: shortages ?? [] } : { state, lines }
}

const reasons = {
  reserve: 'Reserved',
  commit: 'Committed',
  release: 'Released',
  expire: 'Expired',
} as const satisfies Readonly<Record<ReservationCommand, string>>

const carryOut = async (
  manager: EntityManager,
  command: ReservationCommand,
  before: Reservation,
  request: ReservationRequest,
): Promise<Reservation> => {
  const ids = linesToMove(command, before).map(line => line.productId)
  const stocks = ids.length === 0 ? [] : await lockProducts(manager, ids)
  const { reservation, changes } = decide(command, before, stocks)
  if (reservation === before) return before
  if (before.state !== 'NEW') await saveState(manager, reservation, request)
  else if (reservation.state === 'RESERVED') await insertLines(manager, reservation.lines, request)
  await saveStockChanges(manager, changes, { ...request, reason: reasons[command] })
  return reservation
}

const saveState = (
  manager: EntityManager,
  reservation: Reservation,
  { orderId, at, ttlSeconds }: ReservationRequest,
): Promise<number> =>
  affected(
    manager,
    `update reservations
     set state = $2, changed_at = $3, shortages = $5,
         expires_at = case when $2 = 'RESERVED' then now() + make_interval(secs => $4) end
     where order_id = $1`,
    [
      orderId,
      reservation.state,
      at,
      ttlSeconds,
      reservation.state === 'REFUSED' ? JSON.stringify(reservation.shortages) : null,
    ],
  )

const insertLines = (
  manager: EntityManager,
  lines: readonly StockLine[],
  { orderId }: ReservationRequest,
): Promise<number> =>
  affected(
    manager,
    `insert into reservation_lines (order_id, product_id, quantity)
     select $1, product_id, quantity from unnest($2::uuid[], $3::integer[]) as line (product_id, quantity)`,
    [orderId, lines.map(line => line.productId), lines.map(line => line.quantity)],
  )
