import { createTurns } from '@supergraph/runtime/turns.ts'
import { isUuid } from '@supergraph/runtime/uuid.ts'
import type { Staff } from '@supergraph/subgraph/staff.ts'
import type { DataSource, EntityManager } from 'typeorm'
import type { StockAdjustment } from '../domain/product-input.ts'
import type { Refusal } from '../domain/refusals.ts'
import { outcomeOf, type Reservation, type ReservationOutcome } from '../domain/reservation.ts'
import { adjustStock, type StockLine, shortagesOf } from '../domain/stock.ts'
import { holdLonger, holdNewLines, type ReservationRequest, takeHeldLines } from './reservation-statements.ts'
import {
  expireReservation,
  readOverdueOrders,
  refuseReservation,
  reserveLines,
  settleReservation,
} from './reservations.ts'
import { recordStaffAct } from './staff-acts.ts'
import { findAdjustment, lockProducts, readProducts, saveStockChanges } from './stock-changes.ts'
import type { ProductRow } from './tables.ts'
import { inTimelyStatement, inTimelyTransaction } from './timely-transaction.ts'

/** Who changes stock, a user's id or a service's name, and until when they wait, in milliseconds since the epoch. */
type StockCaller = {
  readonly actor: string
  readonly deadlineAtMs: number
  /** Who of the staff it is, for the audit log. */
  readonly staff?: Staff
}

type AdjustOutcome =
  | { readonly kind: 'adjusted'; readonly product: ProductRow }
  | Refusal<'productNotFound' | 'keyReused' | 'insufficient' | 'tooMuch'>

export type StockStore = ReturnType<typeof createStockStore>

/** n.b. fewer than the pool has connections: even if all of them wait for one product's lock, the catalogue can be read. */
const maxTransactions = 6

/**
 * Changes stock: each change is one transaction that leaves products, ledger, reservations and events in agreement.
 * Every transaction locks the reservation first and then the products by id, so that no two calls deadlock. A call
 * throws DEADLINE_EXCEEDED and changes nothing if its caller stops waiting.
 */
export const createStockStore = (database: DataSource, reservationTtlSeconds: number) => {
  const requestOf = (orderId: string, actor: string): ReservationRequest => ({
    orderId,
    actor,
    at: new Date(),
    ttlSeconds: reservationTtlSeconds,
  })
  const turns = createTurns({ atOnce: maxTransactions })
  const inTurn = <T>(
    { deadlineAtMs }: StockCaller,
    run: (manager: EntityManager) => Promise<T>,
    isKept?: (outcome: T) => boolean,
  ): Promise<T> => turns.run(() => inTimelyTransaction(database, deadlineAtMs, run, isKept))
  const inOneStatement = <T>(
    { deadlineAtMs }: StockCaller,
    run: (manager: EntityManager, lockTimeoutMs: number) => Promise<T>,
  ): Promise<T> => turns.run(() => inTimelyStatement(database, deadlineAtMs, run))

  return {
    /** Adds to or takes from one product's units in the warehouse; the same adjustment under the same key changes nothing. */
    adjust: (productId: string, adjustment: StockAdjustment, caller: StockCaller): Promise<AdjustOutcome> =>
      inTurn(caller, manager => adjust(manager, productId, adjustment, caller)),

    /** Sets all lines of an order, one per product, aside or none; an order that was refused or released stays so. */
    reserve: async (
      orderId: string,
      lines: readonly StockLine[],
      caller: StockCaller,
    ): Promise<ReservationOutcome> => {
      const request = requestOf(orderId, caller.actor)
      const isHeld = await inOneStatement(caller, (manager, lockTimeoutMs) =>
        holdNewLines(manager, lines, request, { lockTimeoutMs }),
      )
      if (isHeld) return { kind: 'granted' }
      const { reservation, isKept } = await inTurn(
        caller,
        manager => reserveOrRefuse(manager, lines, request),
        outcome => outcome.isKept,
      )
      if (isKept || reservation.state !== 'REFUSED') return outcomeOf(reservation)
      // n.b. recorded in a transaction of its own, so that no product is locked while the disk is flushed
      return outcomeOf(
        await inTurn(caller, manager => refuseReservation(manager, reservation.shortages, request)),
      )
    },

    /** Until when an order's units are set aside, or were; undefined if its reservation was refused or released. */
    hold: (orderId: string, prolong: boolean, caller: StockCaller): Promise<Date | undefined> =>
      inOneStatement(caller, manager => holdLonger(manager, requestOf(orderId, caller.actor), prolong)),

    /** Takes what an order has reserved out of the warehouse; an expired reservation needs its units to be free still. */
    commit: async (orderId: string, caller: StockCaller): Promise<ReservationOutcome> => {
      const request = requestOf(orderId, caller.actor)
      const isTaken = await inOneStatement(caller, (manager, lockTimeoutMs) =>
        takeHeldLines(manager, request, { lockTimeoutMs }),
      )
      if (isTaken) return { kind: 'granted' }
      return outcomeOf(await inTurn(caller, manager => settleReservation(manager, 'commit', request)))
    },

    /** Gives back whatever an order holds or has taken; the order can never hold anything again. */
    release: async (orderId: string, caller: StockCaller): Promise<void> => {
      await inTurn(caller, manager => settleReservation(manager, 'release', requestOf(orderId, caller.actor)))
    },

    /** At most `limit` orders whose reservations are overdue, the longest overdue first, without those in `except`. */
    overdueOrders: (limit: number, except: readonly string[]): Promise<readonly string[]> =>
      readOverdueOrders(database.manager, limit, except),

    /** Frees what an order has held for too long; returns false if another process is changing the reservation. */
    expire: (orderId: string): Promise<boolean> =>
      database.transaction(manager => expireReservation(manager, requestOf(orderId, 'products'))),
  }
}

const adjust = async (
  manager: EntityManager,
  productId: string,
  { delta, reason, idempotencyKey }: StockAdjustment,
  { actor, staff }: StockCaller,
): Promise<AdjustOutcome> => {
  const [product] = isUuid(productId) ? await lockProducts(manager, [productId]) : []
  if (product === undefined) return { kind: 'productNotFound' }
  const known = await findAdjustment(manager, actor, idempotencyKey)
  if (known !== null) {
    const isSame = known.productId === product.id && known.onHandDelta === delta && known.reason === reason
    return isSame ? { kind: 'adjusted', product } : { kind: 'keyReused' }
  }
  const decision = adjustStock(product, delta)
  if (decision.kind !== 'adjusted') return decision
  const at = new Date()
  await saveStockChanges(manager, [decision.change], { reason, actor, orderId: null, idempotencyKey, at })
  const values = {
    before: { onHand: product.onHand },
    after: { onHand: decision.change.after.onHand },
  }
  await recordStaffAct(manager, staff, { act: 'adjustStock', productId: product.id, reason, ...values, at })
  return { kind: 'adjusted', product: { ...product, ...decision.change.after, updatedAt: at } }
}

type ReserveOutcome = { readonly reservation: Reservation; readonly isKept: boolean }

/** Reserves the lines, or records that they can't be had; a shortage that is found under the locks is not to be kept. */
const reserveOrRefuse = async (
  manager: EntityManager,
  lines: readonly StockLine[],
  request: ReservationRequest,
): Promise<ReserveOutcome> => {
  const ids = lines.map(line => line.productId).filter(isUuid)
  // n.b. read before any lock: orders that rush on a sold-out product do not queue
  const shortages = shortagesOf(await readProducts(manager, ids), lines)
  if (shortages.length > 0)
    return { reservation: await refuseReservation(manager, shortages, request), isKept: true }
  const reservation = await reserveLines(manager, lines, request)
  return { reservation, isKept: reservation.state !== 'REFUSED' }
}
