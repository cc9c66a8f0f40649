import { affected, row, rows } from '@supergraph/postgres/statements.ts'
import type { EntityManager } from 'typeorm'
import { z } from 'zod'
import { disputeStatuses, type KnownSettlement, type Settled } from '../domain/settlement.ts'
import { insertRefund } from './refunds.ts'
import { refundTable } from './tables.ts'

const knownRefund = z.object({
  id: z.string(),
  providerId: z.string().nullable(),
  isSystems: z.boolean(),
  amountMinor: z.coerce.number(),
  state: z.enum(['PENDING', 'SUCCEEDED', 'FAILED']),
})
const knownDispute = z.object({
  id: z.string(),
  status: z.enum(disputeStatuses),
  amountMinor: z.coerce.number(),
  reason: z.string(),
  openedAt: z.date(),
  respondBy: z.date().nullable(),
})
const before = z.object({
  statusBefore: z.enum(['CONFIRMED', 'SHIPPED', 'DELIVERED']).nullable(),
  hasFailed: z.boolean(),
})

/** What an order that is locked knows of its refunds and disputes. */
export const readSettlement = async (manager: EntityManager, orderId: string): Promise<KnownSettlement> => ({
  refunds: await rows(
    manager,
    knownRefund,
    `select id, provider_id as "providerId", actor_kind = 'SYSTEM' and provider_id is null as "isSystems", amount_minor as "amountMinor", state
     from refunds where order_id = $1 order by requested_at, id`,
    [orderId],
  ),
  disputes: await rows(
    manager,
    knownDispute,
    `select id, status, amount_minor as "amountMinor", reason, opened_at as "openedAt", respond_by as "respondBy"
     from disputes where order_id = $1`,
    [orderId],
  ),
  ...((await row(
    manager,
    before,
    `select (select status from order_changes
         where order_id = $1 and status in ('CONFIRMED', 'SHIPPED', 'DELIVERED')
         order by version desc limit 1) as "statusBefore",
       exists (select from order_changes where order_id = $1 and payment_change = 'PAYMENT_FAILED') as "hasFailed"`,
    [orderId],
  )) ?? { statusBefore: null, hasFailed: false }),
})

/** Writes what became of an order's refunds and disputes. */
export const writeSettlement = async (
  manager: EntityManager,
  { order, adopted, failed, disputes }: Settled,
  now: Date,
): Promise<void> => {
  for (const { refund, providerId } of adopted)
    await insertRefund(manager, order.id, refund, { state: 'SUCCEEDED', requestedAt: now, providerId })
  for (const { id, failure } of failed)
    await manager.update(refundTable, { id }, { state: 'FAILED', failure })
  for (const { id, status, amountMinor, reason, openedAt, respondBy } of disputes)
    await affected(
      manager,
      `insert into disputes (id, order_id, status, amount_minor, reason, opened_at, respond_by)
       values ($1, $2, $3, $4, $5, $6, $7)
       on conflict (id) do update set status = $3, amount_minor = $4, respond_by = $7`,
      [id, order.id, status, amountMinor, reason, openedAt, respondBy],
    )
}
