import type { RefundRow } from '../database/tables.ts'
import type { Refund } from '../generated/resolvers.ts'

/** What a client is told of a refund of an order in this currency. */
export const toRefund = (
  { id, state, amountMinor, reason, requestedAt }: RefundRow,
  currency: string,
): Refund => ({ id, status: state, amount: { amountMinor, currency }, reason, requestedAt })
