import { appendToOutbox } from '@supergraph/messaging/outbox/outbox.ts'
import { affected, rows } from '@supergraph/postgres/statements.ts'
import type { DataSource, EntityManager } from 'typeorm'
import { z } from 'zod'
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
  /** It had been taken before. */
  | { readonly kind: 'unchanged' }
  /** A product is gone or archived, or the reservation was refused or released. */
  | { readonly kind: 'impossible' }

/** Takes the units of an order that was fulfilled, of which products has lost that; what is there of its reservation goes on. */
export const takeStockAgain = async (
  database: DataSource,
  orderId: string,
  lines: readonly StockLine[],
): Promise<Taken> => {
  const request = requestOf(orderId)
  const wanted = perProduct(lines)
  return database
    .transaction(async manager => {
      const before = await lockReservation(manager, orderId)
      if (before === 'COMMITTED') return { kind: 'unchanged' } as const
      const isFree = before === undefined || before === 'EXPIRED'
      const addedUnits = isFree ? await addMissing(manager, wanted, request) : 0
      const reserved = await reserveLines(manager, wanted, request)
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

/** n.b. an order may have several lines of one product, and a reservation has one. */
const perProduct = (lines: readonly StockLine[]): readonly StockLine[] =>
  [...Map.groupBy(lines, ({ productId }) => productId)].map(([productId, own]) => ({
    productId,
    quantity: own.reduce((sum, { quantity }) => sum + quantity, 0),
  }))

/** The state of an order's reservation, which stays until the transaction ends; undefined if there is none. */
const lockReservation = async (manager: EntityManager, orderId: string) =>
  (await manager.findOne(reservationTable, { where: { orderId }, lock: { mode: 'pessimistic_write' } }))
    ?.state

/** Adds the units that must have come in since the moment to which the stock was restored. */
const addMissing = async (
  manager: EntityManager,
  lines: readonly StockLine[],
  request: ReservationRequest,
): Promise<number> => {
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

/** Gives back what an order holds or has taken that was called off; returns whether there was anything. */
export const giveStockBack = (database: DataSource, orderId: string): Promise<boolean> =>
  database.transaction(async manager => {
    const before = await lockReservation(manager, orderId)
    await settleReservation(manager, 'release', requestOf(orderId))
    return before === 'RESERVED' || before === 'COMMITTED'
  })

/**
 * Gives back what an order holds that nobody knows, and forgets it. Does nothing and returns false if there is no reservation, or
 * if its units have left the warehouse.
 */
export const forgetReservation = (database: DataSource, orderId: string): Promise<boolean> =>
  database.transaction(async manager => {
    const before = await lockReservation(manager, orderId)
    if (before === undefined || before === 'COMMITTED') return false
    await settleReservation(manager, 'release', requestOf(orderId))
    await affected(manager, 'delete from reservation_lines where order_id = $1', [orderId])
    await affected(manager, 'delete from reservations where order_id = $1', [orderId])
    return true
  })

/**
 * Tells the stock of a product again, in a version above `toldVersion`, which others may know from before. Does nothing and returns
 * false if there is no such product, or if such a version waits to be told.
 */
export const tellStockAgain = (
  database: DataSource,
  productId: string,
  toldVersion: number,
): Promise<boolean> =>
  database.transaction(async manager => {
    const [product] = await lockProducts(manager, [productId])
    if (product === undefined || (await waits(manager, productId, toldVersion))) return false
    const told = { ...product, version: Math.max(product.version, toldVersion) + 1 }
    await manager.update(productTable, { id: productId }, { version: told.version })
    await appendToOutbox(manager, [stockChanged(told, new Date())])
    return true
  })

const waits = async (manager: EntityManager, productId: string, toldVersion: number): Promise<boolean> => {
  const waiting = await rows(
    manager,
    z.unknown(),
    `select from outbox where aggregate_id = $1 and coalesce(published_at, dead_at) is null
       and (envelope ->> 'version')::integer > $2`,
    [productId, toldVersion],
  )
  return waiting.length > 0
}
