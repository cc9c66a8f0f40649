import { expect, it } from 'vitest'
import { sidesOf } from '../order-account.ts'
import { healthyCase, healthyOrder, healthyPayment, pendingCase } from './order-case.fixture.ts'

const saysOf = (records: Parameters<typeof sidesOf>[0]) =>
  Object.fromEntries(sidesOf(records).map(({ name, says }) => [name, says]))

it('tells the figures that must agree', () => {
  expect(saysOf(healthyCase)).toEqual({
    orders: 'DELIVERED at version 4; 3 units for €12.00; payment CAPTURED, €0.00 returned; stock COMMITTED',
    products: 'COMMITTED; 3 units',
    payments: 'succeeded: €12.00 of €12.00 charged, €0.00 returned',
    events: '4 of 4 published',
    notifications: '4 changes, 3 notifications, 3 e-mails',
  })
})

it('tells of an order whose payment is only reserved', () => {
  expect(saysOf(pendingCase)).toMatchObject({
    products: 'RESERVED; 3 units',
    payments: 'requires_capture: €0.00 of €12.00 charged, €0.00 returned',
    notifications: '1 change, 0 notifications, 0 e-mails',
  })
})

it('writes amounts with the decimals of their currency', () => {
  const order = { ...healthyOrder, currency: 'KWD' }
  const payments = [{ ...healthyPayment, currency: 'kwd' }]
  expect(saysOf({ ...healthyCase, order, payments })).toMatchObject({
    orders: expect.stringContaining('KWD\u00a01.200'),
    payments: expect.stringContaining('KWD\u00a01.200 of KWD\u00a01.200'),
  })
})

it('tells which side knows nothing', () => {
  const reservation = { ...healthyCase.reservation, state: null, lines: [] }
  expect(saysOf({ ...healthyCase, order: null, reservation, payments: [] })).toMatchObject({
    orders: 'no such order',
    products: 'no reservation',
    payments: 'no payment',
    events: 'none is kept any more',
  })
})
