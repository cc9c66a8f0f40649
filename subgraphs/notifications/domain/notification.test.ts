import { expect, it } from 'vitest'
import { readLanguages } from '../languages/languages.ts'
import { createOrderNotification, createWelcome } from './notification.ts'

const languages = readLanguages()
const [english, german] = [languages.of('en'), languages.of('de-AT')]

const event = { id: '019b8a3e-0000-7000-8000-000000000001', time: '2026-03-01T09:30:00.000Z' }

const order = {
  orderId: '019b8a3e-0000-7000-8000-000000000002',
  number: '100001',
  customerId: '019b8a3e-0000-7000-8000-000000000003',
  total: { amountMinor: 4_990, currency: 'EUR' },
}
const shipped = { kind: 'ORDER_SHIPPED', trackingNumber: 'JD014600', carrier: 'DHL' } as const
const refunded = {
  kind: 'ORDER_REFUNDED',
  amount: { amountMinor: 1_250, currency: 'EUR' },
  isFull: false,
  reason: null,
} as const

it.each([
  { kind: 'ORDER_CONFIRMED', items: [] },
  { kind: 'ORDER_REJECTED', reason: 'A mug is out of stock.' },
  { kind: 'ORDER_CANCELLED', reason: null },
  { kind: 'ORDER_DELIVERED' },
  shipped,
  refunded,
] as const)('tells the customer the number and the total of the order: $kind', change => {
  const notification = createOrderNotification(event, { ...order, ...change }, english)
  expect(notification).toMatchObject({
    kind: change.kind,
    userId: order.customerId,
    orderId: order.orderId,
    eventId: event.id,
  })
  expect(notification.title).toContain('100001')
  expect(notification.body).toContain('€49.90')
})

it('tells the customer how to track a shipped order, with or without a carrier', () => {
  expect(createOrderNotification(event, { ...order, ...shipped }, english).body).toContain('with DHL')
  const { body } = createOrderNotification(event, { ...order, ...shipped, carrier: null }, english)
  expect(body).toContain('JD014600')
  expect(body).not.toContain('null')
})

it('tells the customer how much was refunded, and whether that was all', () => {
  const part = createOrderNotification(event, { ...order, ...refunded }, english)
  expect(part.title).toContain('in part')
  expect(part.body).toContain('€12.50')
  const full = createOrderNotification(
    event,
    { ...order, ...refunded, amount: order.total, isFull: true },
    english,
  )
  expect(full.title).not.toContain('in part')
})

it('dates a notification by its event', () => {
  const welcome = createWelcome(
    event,
    { userId: '019b8a3e-0000-7000-8000-000000000003', name: 'Ada' },
    english,
  )
  expect(welcome).toMatchObject({ kind: 'WELCOME', title: 'Welcome, Ada', orderId: null, eventId: event.id })
  expect(welcome.createdAt).toEqual(new Date('2026-03-01T09:30:00.000Z'))
})

it('is in the language of its reader', () => {
  const { title, body } = createOrderNotification(event, { ...order, ...shipped }, german)
  expect(title).toBe('Bestellung 100001 ist unterwegs')
  expect(body.replaceAll('\u00a0', ' ')).toBe(
    'Ihre Bestellung 100001 über € 49,90 wurde mit DHL versandt. Die Sendungsnummer ist JD014600.',
  )
  expect(createWelcome(event, { userId: order.customerId, name: 'Ada' }, german).title).toBe(
    'Willkommen, Ada',
  )
})
