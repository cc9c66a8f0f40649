import { describe, expect, it } from 'vitest'
import {
  type Actor,
  cancelOrder,
  deliverOrder,
  type Order,
  type OrderStatus,
  placeOrder,
  shipOrder,
  system,
  type Transition,
} from './order.ts'

const now = new Date(0)
const command = {
  id: 'o',
  number: '100001',
  customerId: 'c',
  total: { amountMinor: 3_600, currency: 'EUR' },
  paymentMethod: 'pm_card_visa',
}
const { order: pending, events: placed } = placeOrder(command, now)
const actor: Actor = { kind: 'STAFF', userId: 's' }
const tracking = { carrier: 'DHL', trackingNumber: 'JD0001' }
const refusal = { kind: 'OutOfStock', message: 'short', shortages: [] } as const

const at = (status: OrderStatus): Order => {
  if (status === 'REJECTED') return { ...pending, status, refusal }
  if (status === 'PENDING') return { ...pending, status, refusal: null }
  return { ...pending, status, refusal: null, tracking: status === 'SHIPPED' ? tracking : null }
}

const commands = {
  cancel: (order: Order) => cancelOrder(order, { reason: 'changed my mind', actor }, now),
  ship: (order: Order) => shipOrder(order, { tracking, actor }, now),
  deliver: (order: Order) => deliverOrder(order, { actor }, now),
}

const statuses = [
  'PENDING',
  'CONFIRMED',
  'REJECTED',
  'CANCELLED',
  'SHIPPED',
  'DELIVERED',
  'REFUNDED',
] as const satisfies readonly OrderStatus[]
const moves = {
  cancel: { PENDING: 'CANCELLED', CONFIRMED: 'CANCELLED', CANCELLED: 'same' },
  ship: { CONFIRMED: 'SHIPPED', SHIPPED: 'same' },
  deliver: { SHIPPED: 'DELIVERED', DELIVERED: 'same' },
} as const satisfies Record<keyof typeof commands, Partial<Record<OrderStatus, OrderStatus | 'same'>>>

const resultOf = (transition: Transition): string => {
  if (transition.kind === 'changed') return transition.order.status
  return transition.kind === 'unchanged' ? 'same' : 'illegal'
}

describe('a new order', () => {
  it('is PENDING, has asked for its stock and not for its payment', () => {
    expect(pending).toMatchObject({ status: 'PENDING', version: 1, stock: 'ASKED', refusal: null })
    expect(pending.payment).toEqual({
      state: 'NOT_ASKED',
      method: 'pm_card_visa',
      id: null,
      refundedMinor: 0,
      action: null,
      waitsUntil: null,
    })
    expect(placed).toEqual([
      { kind: 'placed', status: 'PENDING', version: 1, at: now, actor: { kind: 'CUSTOMER', userId: 'c' } },
    ])
  })

  it('needs no payment when it costs nothing', () => {
    const { order } = placeOrder({ ...command, total: { amountMinor: 0, currency: 'EUR' } }, now)
    expect(order.payment.state).toBe('NOT_REQUIRED')
  })
})

describe.each(['cancel', 'ship', 'deliver'] as const)('to %s an order', name => {
  it.each(statuses)('moves it from %s along the status graph alone', status => {
    const expected: Partial<Record<OrderStatus, string>> = moves[name]
    expect(resultOf(commands[name](at(status)))).toBe(expected[status] ?? 'illegal')
  })

  it('tells who it was, and gives the order its next version', () => {
    const from = name === 'deliver' ? at('SHIPPED') : at('CONFIRMED')
    expect(commands[name](from)).toMatchObject({
      order: { version: 2 },
      events: [{ version: 2, actor, at: now }],
    })
  })
})

describe('an order on its way', () => {
  it('takes no other tracking', () => {
    const other = { tracking: { ...tracking, trackingNumber: 'JD0002' }, actor }
    expect(shipOrder(at('SHIPPED'), other, now)).toEqual({ kind: 'illegal', from: 'SHIPPED', to: 'SHIPPED' })
  })

  it('is no more refused once it is cancelled on its way back', () => {
    const transition = cancelOrder(
      { ...pending, status: 'PENDING', refusal },
      { reason: null, actor: system },
      now,
    )
    expect(transition).toMatchObject({ order: { status: 'CANCELLED', refusal: null } })
  })
})
