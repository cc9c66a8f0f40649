import type { OrderRecords } from '@supergraph/ledger/order-records.ts'
import type { Violation } from '@supergraph/ledger/violations.ts'
import { forgetHandled, republish } from '@supergraph/messaging/outbox/republish.ts'
import { withdrawUpdates } from '@supergraph/notifications/database/recovery.ts'
import {
  catchUpOrder,
  foreseeCatchUp,
  foreseeLostOrder,
  insertLostOrder,
} from '@supergraph/orders/database/recovery.ts'
import type { Unclear } from '@supergraph/orders/domain/catch-up.ts'
import { rows } from '@supergraph/postgres/statements.ts'
import { forgetReservation, giveStockBack, takeStockAgain } from '@supergraph/products/database/recovery.ts'
import { z } from 'zod'
import { receivers } from '../../../queues.ts'
import { elsewhereOf, readTold } from './elsewhere.ts'
import { readLostOrder } from './lost-order.ts'
import { advice, type Deed, deed, type Effect, NeedsPerson, otherAdvice, type Remedy } from './remedy.ts'
import type { Shop } from './shop.ts'

/** What is to be done about an order; one thing after the other, since each may settle what comes after it. */
export const remediesOfOrder = async (
  shop: Shop,
  records: OrderRecords,
  violations: readonly Violation[],
): Promise<readonly Remedy[]> => {
  const first = await (records.order === null ? remedyOfLost(shop, records) : remedyOfBehind(shop, records))
  const about = violations[0]
  if (first !== undefined && about !== undefined)
    return [{ kind: about.kind, subject: records.orderId, ...first }]
  return violations.map(found => ({
    kind: found.kind,
    subject: found.subject,
    ...remedyOf(shop, records, found),
  }))
}

const remedyOfLost = async (shop: Shop, records: OrderRecords): Promise<Deed | undefined> => {
  const { orderId, reservation } = records
  const told = await readTold(shop, orderId)
  const lost = await readLostOrder(shop, records, told)
  if (lost !== undefined) {
    const elsewhere = elsewhereOf(records, told)
    const foreseen = foreseeLostOrder(lost, elsewhere, new Date())
    if (foreseen.kind === 'unclear') return unclear('orders has lost it', foreseen)
    const number = lost.number === null ? '' : `, number ${lost.number}`
    return deed(
      `orders has lost it: make it anew${number}, and cancel it unless it was sent; its payment and stock are returned`,
      async () => (await insertLostOrder(shop.write.orders, lost, elsewhere, new Date())) !== undefined,
    )
  }
  // n.b. who has sent or sold what has left the warehouse is not known: somebody has to look
  return reservation.state === null || reservation.state === 'COMMITTED'
    ? undefined
    : deed('nobody knows the order: give its stock back, and forget its reservation', () =>
        forgetReservation(shop.write.products, orderId),
      )
}

const remedyOfBehind = async (shop: Shop, records: OrderRecords): Promise<Deed | undefined> => {
  const { orderId } = records
  const elsewhere = elsewhereOf(records, await readTold(shop, orderId))
  const caught = await foreseeCatchUp(shop.write.orders, orderId, elsewhere, new Date())
  if (caught?.kind === 'unclear') return unclear('orders is behind', caught)
  if (caught === undefined) return undefined
  const changes = caught.events.map(({ kind, version }) => `${version} ${kind}`).join(', ')
  const does =
    changes === '' ? 'refuse it, since its stock or its payment was returned' : `go on to version ${changes}`
  return deed(
    `orders is behind: ${does}`,
    async () => (await catchUpOrder(shop.write.orders, orderId, elsewhere, new Date())) !== undefined,
  )
}

const unclear = (why: string, { change: { version, kind, at } }: Unclear): Deed => ({
  by: 'person',
  does: `${why}, and its change ${version} (${kind ?? 'of a kind that is unknown here'}, ${at.toISOString()}) does not follow from what the others have: find out with its customer and the payment provider what was sent and paid`,
})

const remedyOf = (
  shop: Shop,
  { orderId, order, reservation }: OrderRecords,
  { kind, ids, detail }: Violation,
): Deed => {
  const { write } = shop
  switch (kind) {
    case 'stock-not-taken':
      return deed('products is behind: take its stock', async () => {
        const taken = await takeStockAgain(write.products, orderId, order?.items ?? [])
        if (taken.kind === 'impossible')
          throw new NeedsPerson(
            `The stock of order ${orderId} can't be taken. If its product is gone or archived, create it anew or take it out of the archive, then go on; if its reservation was refused or released, look at it in the console.`,
          )
        return taken.kind === 'taken'
      })
    case 'stock-kept':
      return deed('products is behind: give its stock back', () => giveStockBack(write.products, orderId))
    case 'update-unfounded':
      return deed(`withdraw what did not happen: ${detail}`, () =>
        withdrawUpdates(write.notifications, orderId, ids),
      )
    case 'update-missing':
    case 'notification-missing':
    case 'email-missing':
      return deed(`tell it again: ${detail}`, () => tellAgain(shop, ids.slice(-1)))
    case 'reservation-without-order':
      return { by: 'person', does: `nobody knows the order. ${leftWarehouse(reservation)}` }
    case 'stuck':
      return { by: 'services', does: 'its checkout goes on when orders runs' }
    case 'disputes-disagree':
      return { by: 'services', does: 'orders asks the provider for what happened since, when it runs' }
    default:
      return { by: 'person', does: advice[kind] ?? otherAdvice }
  }
}

const leftWarehouse = ({ lines }: OrderRecords['reservation']): string => {
  const units = lines.map(({ productId, quantity }) => `${quantity} of ${productId}`).join(', ')
  return `Its stock has left the warehouse: ${units}. Add what is still on the shelf (adjustStock), then delete the order from reservation_lines and reservations of products`
}

const newsQueues = receivers
  .filter(({ service }) => service === 'notifications')
  .flatMap(({ queues }) => queues.map(({ queue }) => queue))

/** Lets notifications handle events again, whoever has published them. */
export const tellAgain = async ({ write }: Shop, eventIds: readonly string[]): Promise<Effect> => {
  await forgetHandled(write.notifications, eventIds, newsQueues)
  let sent = 0
  let waiting = 0
  for (const publisher of [write.orders, write.users]) {
    sent += await republish(publisher, eventIds, await queuesOf(publisher, eventIds))
    waiting += (await rows(publisher, z.unknown(), waitingQuery, [eventIds])).length
  }
  if (sent > 0) return 'done'
  return waiting > 0 ? 'waits' : 'nothing'
}

const waitingQuery = `
  select from outbox where message_id = any ($1::uuid[]) and coalesce(published_at, dead_at) is null`

/** The queues of notifications that take the events. */
const queuesOf = async (publisher: Shop['write']['orders'], eventIds: readonly string[]) => {
  const found = await rows(
    publisher,
    z.object({ type: z.string() }),
    `select distinct envelope ->> 'type' as type from outbox where message_id = any ($1::uuid[])`,
    [eventIds],
  )
  return receivers
    .filter(({ service }) => service === 'notifications')
    .flatMap(({ queues }) => queues)
    .filter(({ events }) => events.some(event => found.some(({ type }) => type === event.type)))
    .map(({ queue }) => queue)
}
