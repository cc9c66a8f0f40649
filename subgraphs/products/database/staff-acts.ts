import { appendToOutbox } from '@supergraph/messaging/outbox/outbox.ts'
import { ProductStaffActed } from '@supergraph/schema/events/products.ts'
import { type StaffAct, staffActed } from '@supergraph/schema/staff-act.ts'
import type { Staff } from '@supergraph/subgraph/staff.ts'
import type { EntityManager } from 'typeorm'

/** What staff does to a product. */
type Act = Pick<StaffAct, 'act' | 'before' | 'after'> & {
  readonly productId: string
  readonly reason?: string
  readonly at: Date
}

/** Tells the audit log, in the caller's transaction, what staff has done; nothing if nobody of the staff does it. */
export const recordStaffAct = async (
  manager: EntityManager,
  staff: Staff | undefined,
  { productId, reason, at, ...act }: Act,
): Promise<void> => {
  if (staff === undefined) return
  const about = { kind: 'PRODUCT', id: productId } as const
  const event = staffActed(ProductStaffActed, { ...staff, ...act, about, reason: reason ?? null }, at)
  await appendToOutbox(manager, [event])
}
