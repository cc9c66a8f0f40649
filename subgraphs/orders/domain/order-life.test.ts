import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { act, histories, play } from '../tests/order-stories.ts'
import type { Order, OrderStatus } from './order.ts'

const graph: Readonly<Record<OrderStatus, readonly OrderStatus[]>> = {
  PENDING: ['CONFIRMED', 'REJECTED', 'CANCELLED'],
  CONFIRMED: ['SHIPPED', 'CANCELLED', 'REFUNDED'],
  SHIPPED: ['DELIVERED', 'REFUNDED'],
  DELIVERED: ['REFUNDED'],
  REJECTED: [],
  CANCELLED: [],
  REFUNDED: [],
}

const legal: Readonly<Record<'ship' | 'deliver' | 'cancel' | 'refund', readonly OrderStatus[]>> = {
  ship: ['CONFIRMED'],
  deliver: ['SHIPPED'],
  cancel: ['PENDING', 'CONFIRMED'],
  refund: ['CONFIRMED', 'SHIPPED', 'DELIVERED'],
}
const outcomes = { ship: 'SHIPPED', deliver: 'DELIVERED', cancel: 'CANCELLED', refund: 'REFUNDED' } as const

const isGoingOn = ({ status }: Order): boolean =>
  status === 'CONFIRMED' || status === 'SHIPPED' || status === 'DELIVERED'

const numRuns = 2_000

describe('a command', () => {
  it('is refused with its present and its wanted status, unless its status allows the move', () => {
    const seen = new Set<OrderStatus>()
    fc.assert(
      fc.property(histories, history => {
        const { lines, stories } = play(history)
        for (const story of stories) {
          const { status } = story.order
          seen.add(status)
          for (const kind of ['ship', 'deliver', 'cancel', 'refund'] as const) {
            const transition = act(story, lines, { kind, items: null }, stories.length)
            const to = outcomes[kind]
            const isAgain = status === to && kind !== 'refund'
            if (isAgain) expect(transition).toEqual({ kind: 'unchanged', order: story.order })
            else if (legal[kind].includes(status)) expect(transition.kind).not.toBe('illegal')
            else expect(transition).toEqual({ kind: 'illegal', from: status, to })
          }
        }
      }),
      { numRuns, seed: 1 },
    )
    expect(seen).toEqual(new Set(Object.keys(graph)))
  })
})

describe('the life of an order, whatever commands and answers come', () => {
  it('keeps to the graph of its statuses', () => {
    fc.assert(
      fc.property(histories, history => {
        const { stories } = play(history)
        for (const [index, { order }] of stories.entries()) {
          const before = stories[index - 1]?.order
          if (before === undefined || before.status === order.status) continue
          expect(graph[before.status]).toContain(order.status)
        }
      }),
      { numRuns },
    )
  })

  it('has versions without a gap, one event for each', () => {
    fc.assert(
      fc.property(histories, history => {
        const last = play(history).stories.at(-1)
        expect(last?.events.map(({ version }) => version)).toEqual(last?.events.map((_, index) => index + 1))
        expect(last?.order.version).toBe(last?.events.length)
        expect(last?.events.at(-1)?.status).toBe(last?.order.status)
      }),
      { numRuns },
    )
  })

  it('never returns more than was paid, nor a unit twice, and everything if the order is REFUNDED', () => {
    fc.assert(
      fc.property(histories, history => {
        const { lines, stories } = play(history)
        for (const { order, refunded, returnedMinor } of stories) {
          const { payment, total, pendingRefund } = order
          expect(payment.refundedMinor + (pendingRefund?.amountMinor ?? 0)).toBeLessThanOrEqual(
            total.amountMinor,
          )
          expect(payment.refundedMinor).toBeGreaterThanOrEqual(returnedMinor)
          for (const { productId, quantity } of lines) {
            const units = refunded.filter(line => line.productId === productId)
            expect(units.reduce((sum, line) => sum + line.quantity, 0)).toBeLessThanOrEqual(quantity)
          }
          if (order.status === 'REFUNDED') expect(returnedMinor).toBe(total.amountMinor)
          else if (isGoingOn(order)) expect(payment.refundedMinor).toBe(returnedMinor)
        }
      }),
      { numRuns },
    )
  })

  it('is played far enough: every status and both kinds of refund come up', () => {
    const seen = new Set<string>()
    fc.assert(
      fc.property(histories, history => {
        for (const { order, returnedMinor } of play(history).stories) {
          seen.add(order.status)
          if (returnedMinor > 0) seen.add(order.status === 'REFUNDED' ? 'in full' : 'in part')
        }
      }),
      { numRuns, seed: 1 },
    )
    expect(seen).toEqual(new Set([...Object.keys(graph), 'in full', 'in part']))
  })
})
