import { isUuid } from '@supergraph/runtime/uuid.ts'
import { bulkhead } from 'cockatiel'
import type { DataSource, EntityManager } from 'typeorm'
import type { StockAdjustment } from '../domain/product-input.ts'
import { answerOf, type StockAnswer } from '../domain/reservation.ts'
import {
  type AdjustDecision,
  adjustStock,
  type Shortage,
  type StockLine,
  shortagesOf,
} from '../domain/stock.ts'
import {
  expireReservation,
  readOverdueOrders,
  refuseReservation,
  reserveLines,
  settleReservation,
} from './reservations.ts'
import { findAdjustment, lockProducts, readProducts, saveStockChanges } from './stock-changes.ts'
import type { ProductRow } from './tables.ts'
import { inTimelyTransaction } from './timely-transaction.ts'

/** Who changes stock, a user's id or a service's name, and until when they wait, in milliseconds since the epoch. */
export type StockCaller = { readonly actor: string; readonly deadlineAtMs: number }

export type AdjustOutcome =
  | { readonly kind: 'adjusted'; readonly product: ProductRow }
  | { readonly kind: 'notFound' }
  | { readonly kind: 'keyReused' }
  | Exclude<AdjustDecision, { kind: 'adjusted' }>

export type StockStore = ReturnType<typeof createStockStore>

/** n.b. fewer than the pool has connections: however many wait for one product's lock, the catalogue can still be read. */
const maxTransactions = 6

/**
 * Changes stock: each change is one transaction that leaves products, ledger, reservations and events in agreement.
 * Rows are locked in one order everywhere, the reservation and then the products by id, so that no two calls deadlock.
 * A call whose caller stops waiting throws DEADLINE_EXCEEDED and changes nothing.
 */
export const createStockStore = (dataSource: DataSource, reservationTtlSeconds: number) => {
  const requestOf = (orderId: string, actor: string) => ({
    orderId,
    actor,
    at: new Date(),
    ttlSeconds: reservationTtlSeconds,
  })

  const turns = bulkhead(maxTransactions, Number.POSITIVE_INFINITY)
  const inTurn = <T>(
    deadlineAtMs: number,
    run: (manager: EntityManager) => Promise<T>,
    isKept?: (outcome: T) => boolean,
  ): Promise<T> => turns.execute(() => inTimelyTransaction(dataSource, deadlineAtMs, run, isKept))

  const settle = (command: 'commit' | 'release', orderId: string, { actor, deadlineAtMs }: StockCaller) =>
    inTurn(deadlineAtMs, manager => settleReservation(manager, command, requestOf(orderId, actor))).then(
      answerOf,
    )

  const reserve = (orderId: string, lines: readonly StockLine[], { actor, deadlineAtMs }: StockCaller) => {
    const ids = lines.map(line => line.productId).filter(isUuid)
    const run = async (manager: EntityManager) => {
      const request = requestOf(orderId, actor)
      // n.b. before any lock: a rush on what is gone does not queue
      const shortages = shortagesOf(await readProducts(manager, ids), lines)
      if (shortages.length === 0) {
        const answer = answerOf(await reserveLines(manager, lines, request))
        return { answer, isKept: answer.kind !== 'shortage' }
      }
      return { answer: answerOf(await refuseReservation(manager, shortages, request)), isKept: true }
    }
    return inTurn(deadlineAtMs, run, ({ isKept }) => isKept)
  }

  const refuse = (orderId: string, items: readonly Shortage[], { actor, deadlineAtMs }: StockCaller) =>
    inTurn(deadlineAtMs, async manager =>
      answerOf(await refuseReservation(manager, items, requestOf(orderId, actor))),
    )

  return {
    /** Adds to or takes from one product's units in the warehouse; the same adjustment under the same key changes nothing. */
    adjust: (
      productId: string,
      { delta, reason, idempotencyKey }: StockAdjustment,
      { actor, deadlineAtMs }: StockCaller,
    ): Promise<AdjustOutcome> =>
      inTurn(deadlineAtMs, async manager => {
        const [product] = isUuid(productId) ? await lockProducts(manager, [productId]) : []
        if (product === undefined) return { kind: 'notFound' }
        const known = await findAdjustment(manager, actor, idempotencyKey)
        if (known !== null) {
          const isSame =
            known.productId === product.id && known.onHandDelta === delta && known.reason === reason
          return isSame ? { kind: 'adjusted', product } : { kind: 'keyReused' }
        }
        const decision = adjustStock(product, delta)
        if (decision.kind !== 'adjusted') return decision
        const at = new Date()
        const cause = { reason, actor, orderId: null, idempotencyKey, at }
        await saveStockChanges(manager, [decision.change], cause)
        return { kind: 'adjusted', product: { ...product, ...decision.change.after, updatedAt: at } }
      }),

    /** Sets all lines of an order, one per product, aside or none; an order that was refused or released stays so. */
    reserve: async (
      orderId: string,
      lines: readonly StockLine[],
      caller: StockCaller,
    ): Promise<StockAnswer> => {
      const { answer, isKept } = await reserve(orderId, lines, caller)
      // n.b. kept by a transaction of its own, so that no product is locked while the disk is flushed
      return isKept || answer.kind !== 'shortage' ? answer : refuse(orderId, answer.items, caller)
    },

    /** Takes what an order has reserved out of the warehouse, also late where the units are still to be had. */
    commit: (orderId: string, caller: StockCaller): Promise<StockAnswer> => settle('commit', orderId, caller),

    /** Gives back whatever an order holds or has taken; from then on it holds nothing, for good. */
    release: async (orderId: string, caller: StockCaller): Promise<void> => {
      await settle('release', orderId, caller)
    },

    /** The orders whose reservations are overdue but for these, at most `limit`, the longest overdue first. */
    overdueOrders: (limit: number, except: readonly string[]): Promise<readonly string[]> =>
      readOverdueOrders(dataSource.manager, limit, except),

    /** Frees what an order has held for too long, unless another process is at it. */
    expire: (orderId: string): Promise<boolean> =>
      dataSource.transaction(manager => expireReservation(manager, requestOf(orderId, 'products'))),
  }
}
