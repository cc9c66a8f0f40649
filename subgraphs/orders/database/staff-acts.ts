import { appendToOutbox } from '@supergraph/messaging/outbox/outbox.ts'
import { OrderStaffActed } from '@supergraph/schema/events/orders.ts'
import { changedValues, type StaffAct, staffActed } from '@supergraph/schema/staff-act.ts'
import type { Staff } from '@supergraph/subgraph/staff.ts'
import type { EntityManager } from 'typeorm'
import type { Order } from '../domain/order.ts'

/** Who of the staff commands something about an order that is not their own, and why. */
export type StaffCommand = Staff & Pick<StaffAct, 'act' | 'reason'>

/** Tells the audit log, in the caller's transaction, what staff has made of an order. */
export const recordStaffAct = (
  manager: EntityManager,
  staff: StaffCommand,
  before: Order,
  after: Order,
  at: Date,
): Promise<void> => {
  const values = changedValues(valuesOf(before), valuesOf(after))
  const about = { kind: 'ORDER', id: after.id } as const
  return appendToOutbox(manager, [staffActed(OrderStaffActed, { ...staff, about, ...values }, at)])
}

/** n.b. no tracking number and no carrier: they lead to a person. */
const valuesOf = ({ status, payment, pendingRefund }: Order) => ({
  status,
  refundedMinor: payment.refundedMinor,
  refundRequestedMinor: pendingRefund?.amountMinor ?? 0,
})
