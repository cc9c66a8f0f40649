import { isUuid } from '@supergraph/runtime/uuid.ts'
import type { DataSource, EntityManager } from 'typeorm'
import type { StockAdjustment } from '../domain/product-input.ts'
import {
  type AdjustDecision,
  adjustStock,
  releaseStock,
  reserveStock,
  type Shortage,
  type StockLine,
} from '../domain/stock.ts'
import { lockProducts, saveStockChanges } from './stock-changes.ts'
import {
  type ProductRow,
  type ReservationLineRow,
  type ReservationRow,
  reservationLineTable,
  reservationTable,
} from './tables.ts'

export type AdjustOutcome =
  | { readonly kind: 'adjusted'; readonly product: ProductRow }
  | { readonly kind: 'notFound' }
  | Exclude<AdjustDecision, { kind: 'adjusted' }>

export type ReserveOutcome =
  | { readonly kind: 'reserved' }
  | { readonly kind: 'released' }
  | { readonly kind: 'shortage'; readonly items: readonly Shortage[] }

/**
 * Changes stock: each call is one transaction that leaves shelves, ledger, reservations and events in agreement.
 * Rows are locked in one order everywhere, the reservation and then the products by id, so that no two calls deadlock.
 */
export const createStockStore = (dataSource: DataSource) => ({
  /** Adds to or takes from one product's stock. */
  adjust: (productId: string, adjustment: StockAdjustment, actor: string): Promise<AdjustOutcome> =>
    dataSource.transaction(async manager => {
      const [product] = isUuid(productId) ? await lockProducts(manager, [productId]) : []
      if (product === undefined) return { kind: 'notFound' }
      const decision = adjustStock(product, adjustment.delta)
      if (decision.kind !== 'adjusted') return decision
      const at = new Date()
      const cause = { reason: adjustment.reason, actor, orderId: null, at }
      await saveStockChanges(manager, [decision.change], cause)
      return { kind: 'adjusted', product: { ...product, ...decision.change.after, updatedAt: at } }
    }),

  /** Takes all lines of an order, one per product, from stock or none; an order is reserved once, and never after its release. */
  reserve: (orderId: string, lines: readonly StockLine[], actor: string): Promise<ReserveOutcome> =>
    transactionThatKeeps(
      dataSource,
      outcome => outcome.kind === 'reserved',
      manager => reserveLines(manager, lines, { orderId, actor, at: new Date() }),
    ),

  /** Puts an order's lines back; an order that was never reserved is kept as released, so that it never will be. */
  release: (orderId: string, actor: string): Promise<void> =>
    dataSource.transaction(async manager => {
      const at = new Date()
      const before = await claim(manager, { orderId, state: 'RELEASED', createdAt: at, releasedAt: at })
      if (before !== 'RESERVED') return
      await manager.update(reservationTable, { orderId }, { state: 'RELEASED', releasedAt: at })
      const lines: readonly ReservationLineRow[] = await manager.findBy(reservationLineTable, { orderId })
      const products = await lockProducts(
        manager,
        lines.map(line => line.productId),
      )
      await saveStockChanges(manager, releaseStock(products, lines), {
        reason: 'Released',
        actor,
        orderId,
        at,
      })
    }),
})

/** Reserves within the caller's transaction, which must be rolled back unless the outcome is `reserved`. */
export const reserveLines = async (
  manager: EntityManager,
  lines: readonly StockLine[],
  { orderId, actor, at }: { readonly orderId: string; readonly actor: string; readonly at: Date },
): Promise<ReserveOutcome> => {
  const before = await claim(manager, { orderId, state: 'RESERVED', createdAt: at, releasedAt: null })
  if (before !== undefined) return { kind: before === 'RESERVED' ? 'reserved' : 'released' }
  const ids = lines.map(line => line.productId).filter(isUuid)
  const decision = reserveStock(await lockProducts(manager, ids), lines)
  if (decision.kind === 'shortage') return decision
  await insertLines(manager, orderId, lines)
  await saveStockChanges(manager, decision.changes, { reason: 'Reserved', actor, orderId, at })
  return { kind: 'reserved' }
}

/** Inserts the reservation unless the order has one; then locks that and gives its state. */
const claim = async (
  manager: EntityManager,
  reservation: ReservationRow,
): Promise<ReservationRow['state'] | undefined> => {
  const { orderId, state, createdAt, releasedAt } = reservation
  // n.b. waits for another transaction that is inserting the same order
  const inserted: readonly unknown[] = await manager.query(
    `insert into reservations (order_id, state, created_at, released_at) values ($1, $2, $3, $4)
     on conflict (order_id) do nothing
     returning order_id`,
    [orderId, state, createdAt, releasedAt],
  )
  if (inserted.length > 0) return undefined
  const existing = await manager.findOneOrFail(reservationTable, {
    where: { orderId },
    lock: { mode: 'pessimistic_write' },
  })
  return existing.state
}

const insertLines = (manager: EntityManager, orderId: string, lines: readonly StockLine[]) =>
  manager.query(
    `insert into reservation_lines (order_id, product_id, quantity)
     select $1, product_id, quantity from unnest($2::uuid[], $3::integer[]) as line (product_id, quantity)`,
    [orderId, lines.map(line => line.productId), lines.map(line => line.quantity)],
  )

/** n.b. a refusal is rolled back rather than committed: its locks are not held while the disk is flushed. */
const transactionThatKeeps = async <T>(
  dataSource: DataSource,
  isKept: (outcome: T) => boolean,
  run: (manager: EntityManager) => Promise<T>,
): Promise<T> => {
  const runner = dataSource.createQueryRunner()
  try {
    await runner.startTransaction()
    const outcome = await run(runner.manager)
    await (isKept(outcome) ? runner.commitTransaction() : runner.rollbackTransaction())
    return outcome
  } catch (error) {
    if (runner.isTransactionActive) await runner.rollbackTransaction().catch(() => undefined)
    throw error
  } finally {
    await runner.release()
  }
}
