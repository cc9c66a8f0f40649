import { expect, it } from 'vitest'
import { createOrderNotification, createWelcome, formatMoney } from './notification.ts'

const event = { id: '019b8a3e-0000-7000-8000-000000000001', time: '2026-03-01T09:30:00.000Z' }

it('writes amounts in the minor units of their currency', () => {
  expect(formatMoney({ amountMinor: 123_450, currency: 'EUR' })).toBe('€1,234.50')
  expect(formatMoney({ amountMinor: 500, currency: 'JPY' })).toBe('¥500')
  expect(formatMoney({ amountMinor: 1_500, currency: 'KWD' })).toBe('KWD\u00a01.500')
})

it('tells the customer the number and the total of the order', () => {
  const order = {
    orderId: '019b8a3e-0000-7000-8000-000000000002',
    number: '100001',
    customerId: '019b8a3e-0000-7000-8000-000000000003',
    total: { amountMinor: 4_990, currency: 'EUR' },
  }
  for (const kind of ['ORDER_CONFIRMED', 'ORDER_REJECTED', 'ORDER_CANCELLED'] as const) {
    const notification = createOrderNotification(kind, event, order)
    expect(notification).toMatchObject({ kind, userId: order.customerId, orderId: order.orderId })
    expect(notification.title).toContain('100001')
    expect(notification.body).toContain('€49.90')
  }
})

it('dates a notification by its event', () => {
  const welcome = createWelcome(event, { userId: '019b8a3e-0000-7000-8000-000000000003', name: 'Ada' })
  expect(welcome).toMatchObject({ kind: 'WELCOME', title: 'Welcome, Ada', orderId: null, eventId: event.id })
  expect(welcome.createdAt).toEqual(new Date('2026-03-01T09:30:00.000Z'))
})
