import { appendToOutbox } from '@supergraph/messaging/outbox/outbox.ts'
import { affected } from '@supergraph/postgres/statements.ts'
import type { DataSource, EntityManager } from 'typeorm'
import type { StockLine } from '../domain/stock.ts'
import type { ReservationRequest } from './reservation-statements.ts'
import { reserveLines, settleReservation } from './reservations.ts'
import { lockProducts, saveStockChanges, stockChanged } from './stock-changes.ts'
import { productTable, reservationTable } from './tables.ts'

const requestOf = (orderId: string): ReservationRequest => ({
  orderId,
  actor: 'reconciliation',
  at: new Date(),
  ttlSeconds: 60,
})

/** How stock was taken for an order: `addedUnits` had to be added first, because fewer were on record than were sold. */
export type Taken =
  | { readonly kind: 'taken'; readonly addedUnits: number }
  /** A product is gone or archived. */
  | { readonly kind: 'impossible' }

/** Takes the units of an order that was fulfilled, of which products has lost that; what is there of its reservation goes on. */
export const takeStockAgain = async (
  database: DataSource,
  orderId: string,
  lines: readonly StockLine[],
): Promise<Taken> => {
  const request = requestOf(orderId)
  let addedUnits = 0
  return database
    .transaction(async manager => {
      addedUnits = await addMissing(manager, lines, request)
      const reserved = await reserveLines(manager, lines, request)
      // n.b. of a refused reservation nothing is written but its first state
      if (reserved.state === 'REFUSED') throw new NotTaken()
      const { state } = await settleReservation(manager, 'commit', request)
      if (state !== 'COMMITTED') throw new NotTaken()
      return { kind: 'taken', addedUnits } as const
    })
    .catch((error: unknown) => {
      if (error instanceof NotTaken) return { kind: 'impossible' } as const
      throw error
    })
}

class NotTaken extends Error {}

/** Adds the units that must have come in since the moment to which the stock was restored. */
const addMissing = async (
  manager: EntityManager,
  lines: readonly StockLine[],
  request: ReservationRequest,
): Promise<number> => {
  const held = { orderId: request.orderId, state: 'RESERVED' } as const
  if (await manager.existsBy(reservationTable, held)) return 0
  const products = await lockProducts(
    manager,
    lines.map(({ productId }) => productId),
  )
  const changes = products.flatMap(product => {
    const quantity = lines.find(({ productId }) => productId === product.id)?.quantity ?? 0
    const missing = quantity - (product.onHand - product.reserved)
    if (missing <= 0) return []
    const after = { ...product, onHand: product.onHand + missing, version: product.version + 1 }
    return [{ before: product, after }]
  })
  await saveStockChanges(manager, changes, {
    reason: 'Sold before the stock was restored',
    actor: request.actor,
    orderId: null,
    at: request.at,
  })
  return changes.reduce((sum, { before, after }) => sum + after.onHand - before.onHand, 0)
}

/** Gives back what an order holds or has taken that was called off. */
export const giveStockBack = async (database: DataSource, orderId: string): Promise<void> => {
  await database.transaction(manager => settleReservation(manager, 'release', requestOf(orderId)))
}

/** Gives back what an order holds that nobody knows, and forgets it. */
export const forgetReservation = (database: DataSource, orderId: string): Promise<void> =>
  database.transaction(async manager => {
    await settleReservation(manager, 'release', requestOf(orderId))
    await affected(manager, 'delete from reservation_lines where order_id = $1', [orderId])
    await affected(manager, 'delete from reservations where order_id = $1', [orderId])
  })

/** Tells the stock of a product again, in a version above `toldVersion`, which others may know from before. */
export const tellStockAgain = (database: DataSource, productId: string, toldVersion: number): Promise<void> =>
  database.transaction(async manager => {
    const [product] = await lockProducts(manager, [productId])
    if (product === undefined) return
    const told = { ...product, version: Math.max(product.version, toldVersion) + 1 }
    await manager.update(productTable, { id: productId }, { version: told.version })
    await appendToOutbox(manager, [stockChanged(told, new Date())])
  })
