import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  cancelOrder,
  confirmOrder,
  type Order,
  type OrderEvent,
  type OrderStatus,
  outOfStock,
  placeOrder,
  rejectOrder,
  type Transition,
} from './order.ts'

const line = { productId: 'p', productName: 'Mug', sku: 'MUG', unitPriceMinor: 1_800, quantity: 2 }
const placed = (now: Date) =>
  placeOrder(
    {
      id: 'o',
      number: '100001',
      customerId: 'c',
      lines: [line],
      total: { amountMinor: 3_600, currency: 'EUR' },
    },
    now,
  )

const commands = {
  confirm: confirmOrder,
  reject: (order: Order, now: Date) =>
    rejectOrder(order, outOfStock([{ productId: 'p', requested: 2, available: 0 }]), now),
  cancel: (order: Order, now: Date) => cancelOrder(order, { reason: 'changed my mind' }, now),
}

const legal: Readonly<Record<OrderStatus, readonly OrderStatus[]>> = {
  PENDING: ['CONFIRMED', 'REJECTED', 'CANCELLED'],
  CONFIRMED: ['CANCELLED'],
  REJECTED: [],
  CANCELLED: [],
  SHIPPED: [],
  DELIVERED: [],
  REFUNDED: [],
}

type Step = { readonly before: Order; readonly transition: Transition }

const play = (names: readonly (keyof typeof commands)[]) => {
  const start = placed(new Date(0))
  return names.reduce<{
    readonly order: Order
    readonly events: readonly OrderEvent[]
    readonly steps: readonly Step[]
  }>(
    ({ order, events, steps }, name, index) => {
      const transition = commands[name](order, new Date(index + 1))
      const step = { before: order, transition }
      return transition.kind === 'changed'
        ? { order: transition.order, events: [...events, ...transition.events], steps: [...steps, step] }
        : { order, events, steps: [...steps, step] }
    },
    { ...start, steps: [] },
  )
}

const histories = fc.array(fc.constantFrom('confirm' as const, 'reject' as const, 'cancel' as const), {
  maxLength: 12,
})

describe('an order', () => {
  it('only ever moves along legal transitions, whatever commands arrive', () => {
    fc.assert(
      fc.property(histories, names => {
        for (const { before, transition } of play(names).steps) {
          if (transition.kind === 'changed') expect(legal[before.status]).toContain(transition.order.status)
          if (transition.kind === 'illegal') expect(legal[before.status]).not.toContain(transition.to)
          if (transition.kind === 'unchanged') expect(transition.order).toBe(before)
        }
      }),
    )
  })

  it('grows its version by one per change, and its events tell every status in order', () => {
    fc.assert(
      fc.property(histories, names => {
        const { order, events, steps } = play(names)
        expect(events.map(event => event.version)).toEqual(events.map((_, index) => index + 1))
        expect(order.version).toBe(events.length)
        const statuses = steps.flatMap(({ transition }) =>
          transition.kind === 'changed' ? [transition.order.status] : [],
        )
        expect(events.map(event => event.status)).toEqual(['PENDING', ...statuses])
        expect(events.map(event => event.at)).toEqual(
          events.map(event => event.at).toSorted((a, b) => a.getTime() - b.getTime()),
        )
      }),
    )
  })

  it.each(['SHIPPED', 'DELIVERED', 'REFUNDED'] as const)('can not be cancelled once it is %s', status => {
    const order: Order = { ...placed(new Date()).order, version: 4, status }
    expect(cancelOrder(order, { reason: null }, new Date())).toEqual({
      kind: 'illegal',
      from: status,
      to: 'CANCELLED',
    })
  })

  it('stays as it is when it is cancelled again', () => {
    const { order } = play(['confirm', 'cancel'])
    expect(cancelOrder(order, { reason: 'again' }, new Date())).toEqual({ kind: 'unchanged', order })
  })
})
