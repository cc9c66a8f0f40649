import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { Order } from './order.ts'
import {
  type Dispute,
  disputeStatuses,
  type KnownSettlement,
  type ProviderRefund,
  settle,
} from './settlement.ts'

const now = new Date(0)
const totalMinor = 1_000
const charged: Order = {
  ...{
    id: 'o',
    number: '1',
    customerId: 'c',
    placedAt: now,
    version: 4,
    tracking: null,
    pendingRefund: null,
  },
  ...{ status: 'DELIVERED', refusal: null, stock: 'COMMITTED' },
  total: { amountMinor: totalMinor, currency: 'EUR' },
  payment: {
    ...{ state: 'CAPTURED', method: 'pm', id: 'pi', refundedMinor: 0 },
    ...{ action: null, waitsUntil: null },
  },
}
const nothingKnown: KnownSettlement = {
  refunds: [],
  disputes: [],
  statusBefore: 'DELIVERED',
  hasFailed: false,
}

/** Amounts that somebody returns in the provider's console, and which of them the bank sends back one day. */
const histories = fc.array(
  fc.record({
    amountMinor: fc.integer({ min: 1, max: 250 }),
    fails: fc.boolean(),
    dispute: fc.option(fc.constantFrom(...disputeStatuses)),
  }),
  { minLength: 1, maxLength: 4 },
)

it('agrees with the provider after any refunds, failures and disputes, however often it is asked', () => {
  fc.assert(
    fc.property(histories, history => {
      let order: Order = charged
      let known = nothingKnown
      const events: number[] = []
      const learn = (refunds: readonly ProviderRefund[], disputes: readonly Dispute[]): void => {
        const settled = settle(
          order,
          known,
          { isLost: false, refunds, disputes },
          { now, idOf: id => `our ${id}` },
        )
        order = settled.order
        events.push(...settled.events.map(({ version }) => version))
        const failed = new Set(settled.failed.map(({ id }) => id))
        const adopted = settled.adopted.map(({ refund: { id, amountMinor }, providerId }) => ({
          ...{ id, providerId, amountMinor, isSystems: true },
          state: 'SUCCEEDED' as const,
        }))
        known = {
          ...known,
          refunds: [...known.refunds, ...adopted].map(refund =>
            failed.has(refund.id) ? { ...refund, state: 'FAILED' } : refund,
          ),
          disputes: [
            ...known.disputes.filter(({ id }) => !settled.disputes.some(dispute => dispute.id === id)),
            ...settled.disputes,
          ],
        }
      }
      const refundsAs = (isOver: boolean) =>
        history.map(({ amountMinor, fails }, index): ProviderRefund => {
          const state = isOver && fails ? 'FAILED' : 'SUCCEEDED'
          return { id: `re_${index}`, refundId: null, isOurs: false, amountMinor, state, failure: null }
        })
      const disputes = history.flatMap(({ dispute: status }, index): readonly Dispute[] =>
        status === null
          ? []
          : [{ id: `du_${index}`, status, amountMinor: 1, reason: 'x', openedAt: now, respondBy: null }],
      )
      for (let count = 1; count <= history.length; count += 1) learn(refundsAs(false).slice(0, count), [])
      learn(refundsAs(true), disputes)
      const before = order
      learn(refundsAs(true), disputes)
      expect(order).toBe(before)
      const leftMinor = refundsAs(true)
        .filter(({ state }) => state === 'SUCCEEDED')
        .reduce((sum, { amountMinor }) => sum + amountMinor, 0)
      expect(order.payment.refundedMinor).toBe(leftMinor)
      const isFull = leftMinor === totalMinor
      expect([order.status, order.payment.state]).toEqual(
        isFull ? ['REFUNDED', 'REFUNDED'] : ['DELIVERED', 'CAPTURED'],
      )
      expect(events).toEqual(events.map((_, index) => index + 5))
    }),
    { numRuns: 1_000 },
  )
})

it('leaves a refund alone that the order itself has asked for, by its id or by what it gives back', () => {
  const ours = { isOurs: true, amountMinor: 300, state: 'SUCCEEDED', failure: null } as const
  const known: KnownSettlement = {
    ...nothingKnown,
    refunds: [
      { id: 'r1', providerId: null, isSystems: false, amountMinor: 300, state: 'PENDING' },
      { id: 'r2', providerId: null, isSystems: true, amountMinor: 300, state: 'SUCCEEDED' },
    ],
  }
  const refunds = [
    { ...ours, id: 're_1', refundId: 'r1' },
    { ...ours, id: 're_2', refundId: null },
    { ...ours, id: 're_3', refundId: 'being written' },
  ]
  const { events, adopted } = settle(
    charged,
    known,
    { isLost: null, refunds, disputes: null },
    { now, idOf: id => id },
  )
  expect([events, adopted]).toEqual([[], []])
})

it('takes no refund back because of one like it that failed before the order heard of it', () => {
  const ours = { refundId: null, isOurs: true, amountMinor: totalMinor, failure: null } as const
  const learn = (state: 'SUCCEEDED' | 'FAILED') =>
    settle(
      {
        ...charged,
        status: 'CANCELLED',
        payment: { ...charged.payment, state: 'REFUNDED', refundedMinor: totalMinor },
      },
      {
        ...nothingKnown,
        refunds: [
          { id: 'k', providerId: null, isSystems: true, amountMinor: totalMinor, state: 'SUCCEEDED' },
        ],
      },
      {
        isLost: null,
        refunds: [
          { ...ours, id: 're_1', state: 'FAILED' },
          { ...ours, id: 're_2', state },
        ],
        disputes: null,
      },
      { now, idOf: id => id },
    ).failed.map(({ id }) => id)
  expect([learn('SUCCEEDED'), learn('FAILED')]).toEqual([[], ['k']])
})
