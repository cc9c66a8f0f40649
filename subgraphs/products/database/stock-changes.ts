import { appendToOutbox } from '@supergraph/messaging/outbox.ts'
import { uuidv7 } from '@supergraph/runtime/uuid.ts'
import { ProductStockChanged } from '@supergraph/schema/events/products.ts'
import { Any, type EntityManager } from 'typeorm'
import { orderableUnits, type StockChange } from '../domain/stock.ts'
import { type ProductRow, productTable } from './tables.ts'

/** Why stock moved, for the ledger; `actor` is a user's id or a service's name. */
export type StockCause = {
  readonly reason: string
  readonly actor: string
  readonly orderId: string | null
  readonly at: Date
}

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

/** Saves changed stocks of locked products, with their ledger entries and events. */
export const saveStockChanges = async (
  manager: EntityManager,
  changes: readonly StockChange[],
  cause: StockCause,
): Promise<void> => {
  await manager.query(
    `update products
     set available = stock.available, version = stock.version, updated_at = $4
     from unnest($1::uuid[], $2::integer[], $3::integer[]) as stock (id, available, version)
     where products.id = stock.id`,
    [
      changes.map(({ after }) => after.id),
      changes.map(({ after }) => after.available),
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
  const moved = changes.filter(({ delta }) => delta !== 0)
  if (moved.length > 0) {
    await manager.query(
      `insert into stock_movements (id, product_id, delta, reason, order_id, actor, at)
       select id, product_id, delta, $4, $5, $6, $7
       from unnest($1::uuid[], $2::uuid[], $3::integer[]) as moved (id, product_id, delta)`,
      [
        moved.map(() => uuidv7(cause.at.getTime())),
        moved.map(({ after }) => after.id),
        moved.map(({ delta }) => delta),
        cause.reason,
        cause.orderId,
        cause.actor,
        cause.at,
      ],
    )
  }
  await appendToOutbox(
    manager,
    changes.map(({ after }) =>
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
