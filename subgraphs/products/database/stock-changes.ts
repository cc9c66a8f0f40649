import { appendToOutbox } from '@supergraph/messaging/outbox/outbox.ts'
import { uuidv7 } from '@supergraph/runtime/uuid.ts'
import { ProductStockChanged } from '@supergraph/schema/events/products.ts'
import { Any, type EntityManager } from 'typeorm'
import { orderableUnits, type StockChange } from '../domain/stock.ts'
import { type ProductRow, productTable, type StockMovementRow, stockMovementTable } from './tables.ts'

/** Why stock moved, for the ledger; `actor` is a user's id or a service's name. */
export type StockCause = {
  readonly reason: string
  readonly actor: string
  readonly orderId: string | null
  /** What tells a repeated adjustment by the same actor. */
  readonly idempotencyKey?: string | null
  readonly at: Date
}

/** The products that exist among the ids as they are now, without waiting for anybody who is changing them. */
export const readProducts = (
  manager: EntityManager,
  ids: readonly string[],
): Promise<readonly ProductRow[]> => manager.findBy(productTable, { id: Any(ids) })

/** Locks the products that exist among the ids until the transaction ends, always in the order of their ids. */
export const lockProducts = (
  manager: EntityManager,
  ids: readonly string[],
): Promise<readonly ProductRow[]> =>
  manager.find(productTable, {
    where: { id: Any(ids) },
    order: { id: 'asc' },
    lock: { mode: 'pessimistic_write' },
  })

/** What an actor has adjusted under this key before; null where there is no key, or nothing yet. */
export const findAdjustment = async (
  manager: EntityManager,
  actor: string,
  idempotencyKey: string | null,
): Promise<StockMovementRow | null> =>
  idempotencyKey === null ? null : manager.findOneBy(stockMovementTable, { actor, idempotencyKey })

/** Saves changed stocks of locked products, each once, with their ledger entries and events. */
export const saveStockChanges = async (
  manager: EntityManager,
  changes: readonly StockChange[],
  cause: StockCause,
): Promise<void> => {
  if (changes.length === 0) return
  await manager.query(
    `update products
     set on_hand = stock.on_hand, reserved = stock.reserved, version = stock.version, updated_at = $5
     from unnest($1::uuid[], $2::integer[], $3::integer[], $4::integer[]) as stock (id, on_hand, reserved, version)
     where products.id = stock.id`,
    [
      changes.map(({ after }) => after.id),
      changes.map(({ after }) => after.onHand),
      changes.map(({ after }) => after.reserved),
      changes.map(({ after }) => after.version),
      cause.at,
    ],
  )
  await recordStockChanges(manager, changes, cause)
}

/** Writes the ledger entries and events of changes whose products are saved already. */
export const recordStockChanges = async (
  manager: EntityManager,
  changes: readonly StockChange[],
  cause: StockCause,
): Promise<void> => {
  const moved = changes
    .map(({ before, after }) => ({
      productId: after.id,
      onHandDelta: after.onHand - before.onHand,
      reservedDelta: after.reserved - before.reserved,
    }))
    .filter(({ onHandDelta, reservedDelta }) => onHandDelta !== 0 || reservedDelta !== 0)
  if (moved.length > 0) {
    await manager.query(
      `insert into stock_movements (id, product_id, on_hand_delta, reserved_delta, reason, order_id, actor, idempotency_key, at)
       select id, product_id, on_hand_delta, reserved_delta, $5, $6, $7, $8, $9
       from unnest($1::uuid[], $2::uuid[], $3::integer[], $4::integer[])
         as moved (id, product_id, on_hand_delta, reserved_delta)`,
      [
        moved.map(() => uuidv7(cause.at.getTime())),
        moved.map(({ productId }) => productId),
        moved.map(({ onHandDelta }) => onHandDelta),
        moved.map(({ reservedDelta }) => reservedDelta),
        cause.reason,
        cause.orderId,
        cause.actor,
        cause.idempotencyKey ?? null,
        cause.at,
      ],
    )
  }
  await appendToOutbox(
    manager,
    changes
      .filter(({ before, after }) => after.version > before.version)
      .map(({ after }) =>
        ProductStockChanged.create({
          id: uuidv7(cause.at.getTime()),
          subject: after.id,
          version: after.version,
          occurredAt: cause.at,
          data: { productId: after.id, sku: after.sku, available: orderableUnits(after) },
        }),
      ),
  )
}
