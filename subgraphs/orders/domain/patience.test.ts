import { expect, it } from 'vitest'
import type { Order } from './order.ts'
import { waitAfter } from './patience.ts'
import { type KnownRefund, type KnownSettlement, settle } from './settlement.ts'

const now = new Date(0)
const cancelled: Order = {
  ...{
    id: 'o',
    number: '1',
    customerId: 'c',
    placedAt: now,
    version: 4,
    tracking: null,
    pendingRefund: null,
  },
  ...{
    status: 'CANCELLED',
    refusal: null,
    stock: 'RETURNED',
    total: { amountMinor: 1_000, currency: 'EUR' },
  },
  payment: {
    ...{ state: 'REFUNDED', method: 'pm', id: 'pi', refundedMinor: 1_000 },
    ...{ action: null, waitsUntil: null },
  },
}
const confirmed: Order = {
  ...cancelled,
  ...{
    status: 'CONFIRMED',
    stock: 'COMMITTED',
    payment: { ...cancelled.payment, state: 'CAPTURED', refundedMinor: 0 },
  },
  pendingRefund: {
    id: 'r',
    amountMinor: 300,
    lines: [],
    reason: null,
    actor: { kind: 'STAFF', userId: 's' },
  },
}

/** How an order waits that hears that `failing` of its refunds have failed, after as many as `before`. */
const waitOf = (order: Order, before: number, failing: number) => {
  const refund = (id: string, state: KnownRefund['state']): KnownRefund => ({
    ...{ id, state, providerId: null, isSystems: true, amountMinor: 1_000 },
  })
  const known: KnownSettlement = {
    refunds: [
      ...Array.from({ length: before }, (_, index) => refund(`before ${index}`, 'FAILED')),
      ...Array.from({ length: failing }, (_, index) => refund(`now ${index}`, 'SUCCEEDED')),
    ],
    ...{ disputes: [], statusBefore: null, hasFailed: false },
  }
  const refunds = known.refunds.map(({ id }) => ({
    ...{
      id: `re ${id}`,
      refundId: id,
      isOurs: true,
      amountMinor: 1_000,
      state: 'FAILED' as const,
      failure: null,
    },
  }))
  const found = { isLost: null, refunds, disputes: null }
  return waitAfter(known, settle(order, known, found, { now, idOf: id => id }))
}

it('returns money again at once, then each day, and lets nothing else wait for that', () => {
  const dayMs = 86_400_000
  expect([waitOf(cancelled, 0, 1), waitOf(cancelled, 1, 1), waitOf(cancelled, 4, 1)]).toEqual([
    { failedAttempts: 1, pauseMs: 0 },
    { failedAttempts: 2, pauseMs: dayMs },
    { failedAttempts: 5, pauseMs: dayMs },
  ])
  expect(waitOf(confirmed, 3, 0)).toEqual({ failedAttempts: 0, pauseMs: 0 })
})
