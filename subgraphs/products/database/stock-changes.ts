import type { Envelope } from '@supergraph/messaging/envelope.ts'
import { appendToOutbox } from '@supergraph/messaging/outbox/outbox.ts'
import { affected } from '@supergraph/postgres/statements.ts'
import { uuidv7 } from '@supergraph/runtime/uuid.ts'
import { ProductStockChanged } from '@supergraph/schema/events/products.ts'
import { Any, type EntityManager } from 'typeorm'
import { orderableUnits, type Stock, type StockChange } from '../domain/stock.ts'
import { type ProductRow, productTable, type StockMovementRow, stockMovementTable } from './tables.ts'

/** Why stock moved, for the ledger; `actor` is a user's id or a service's name. */
type StockCause = {
  readonly reason: string
  readonly actor: string
  readonly orderId: string | null
  /** Marks a repeated adjustment by the same actor. */
  readonly idempotencyKey?: string | null
  readonly at: Date
}

/** The products that exist among the ids as they are now, without waiting for a transaction that changes them. */
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

/** What an actor has adjusted under this key before; null if there is no key, or no adjustment under it yet. */
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
  await updateStocks(manager, changes, cause.at)
  await recordStockChanges(manager, changes, cause)
}

/** Writes the ledger entries and events of changes whose products are saved already. */
export const recordStockChanges = async (
  manager: EntityManager,
  changes: readonly StockChange[],
  cause: StockCause,
): Promise<void> => {
  const movements = changes.map(movementOf).filter(isMoved)
  if (movements.length > 0) await insertMovements(manager, movements, cause)
  const felt = changes.filter(({ before, after }) => after.version > before.version)
  await appendToOutbox(
    manager,
    felt.map(({ after }) => stockChanged(after, cause.at)),
  )
}

/** The event that tells how many units of a product can be ordered since `at`. */
export const stockChanged = (stock: Stock, at: Date): Envelope =>
  ProductStockChanged.create({
    id: uuidv7(at.getTime()),
    subject: stock.id,
    version: stock.version,
    occurredAt: at,
    data: { productId: stock.id, sku: stock.sku, available: orderableUnits(stock) },
  })

const updateStocks = (manager: EntityManager, changes: readonly StockChange[], at: Date): Promise<number> =>
  affected(
    manager,
    `update products
     set on_hand = stock.on_hand, reserved = stock.reserved, version = stock.version, updated_at = $5
     from unnest($1::uuid[], $2::integer[], $3::integer[], $4::integer[]) as stock (id, on_hand, reserved, version)
     where products.id = stock.id`,
    [
      changes.map(({ after }) => after.id),
      changes.map(({ after }) => after.onHand),
      changes.map(({ after }) => after.reserved),
      changes.map(({ after }) => after.version),
      at,
    ],
  )

type Movement = { readonly productId: string; readonly onHandDelta: number; readonly reservedDelta: number }

const movementOf = ({ before, after }: StockChange): Movement => ({
  productId: after.id,
  onHandDelta: after.onHand - before.onHand,
  reservedDelta: after.reserved - before.reserved,
})

const isMoved = ({ onHandDelta, reservedDelta }: Movement): boolean =>
  onHandDelta !== 0 || reservedDelta !== 0

const insertMovements = (
  manager: EntityManager,
  movements: readonly Movement[],
  { reason, orderId, actor, idempotencyKey = null, at }: StockCause,
): Promise<number> =>
  affected(
    manager,
    `insert into stock_movements (id, product_id, on_hand_delta, reserved_delta, reason, order_id, actor, idempotency_key, at)
     select id, product_id, on_hand_delta, reserved_delta, $5, $6, $7, $8, $9
     from unnest($1::uuid[], $2::uuid[], $3::integer[], $4::integer[])
       as moved (id, product_id, on_hand_delta, reserved_delta)`,
    [
      movements.map(() => uuidv7(at.getTime())),
      movements.map(({ productId }) => productId),
      movements.map(({ onHandDelta }) => onHandDelta),
      movements.map(({ reservedDelta }) => reservedDelta),
      reason,
      orderId,
      actor,
      idempotencyKey,
      at,
    ],
  )
