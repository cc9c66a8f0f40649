import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { cancelOrder, type Order, placeOrder } from '../domain/order.ts'
import type { Reservation } from '../products-client.ts'
import { decide } from './decide.ts'
import { settle } from './steps.ts'

const { order: pending } = placeOrder(
  { id: 'o', number: '100001', customerId: 'c', lines: [], total: { amountMinor: 0, currency: 'EUR' } },
  new Date(0),
)
const now = new Date(1)
const shortages = [{ productId: 'p', requested: 2, available: 1 }]
const reservations = fc.array(
  fc.constantFrom<Reservation>({ kind: 'reserved' }, { kind: 'short', shortages }),
  { minLength: 1, maxLength: 6 },
)

const after = (order: Order, reservation: Reservation): Order => {
  const transition = settle(order, reservation, now)
  return transition.kind === 'illegal' ? order : transition.order
}

describe('the answer to reserving stock', () => {
  it('settles a PENDING order once; a REJECTED one still has to release what a late request may take', () => {
    fc.assert(
      fc.property(reservations, ([first = { kind: 'reserved' } as const, ...late]) => {
        const settled = after(pending, first)
        expect(settled.status).toBe(first.kind === 'reserved' ? 'CONFIRMED' : 'REJECTED')
        expect(decide(settled)).toBe(first.kind === 'reserved' ? null : 'RELEASE')
        expect(late.reduce(after, settled)).toBe(settled)
      }),
    )
  })

  it('changes nothing when the order was cancelled meanwhile, which still has to release', () => {
    const transition = cancelOrder(pending, { reason: null }, now)
    if (transition.kind !== 'changed') throw new Error('a PENDING order can be cancelled')
    for (const kind of ['reserved', 'released'] as const) {
      expect(settle(transition.order, { kind }, now)).toEqual({ kind: 'unchanged', order: transition.order })
    }
    expect(decide(transition.order)).toBe('RELEASE')
  })

  it('never settles an order whose reservation was released by somebody else', () => {
    expect(() => settle(pending, { kind: 'released' }, now)).toThrow('cancel the order')
  })
})
