import { expect, it } from 'vitest'
import { addTotals, checkSums, nothing, totalsOfOrder } from '../totals.ts'
import { cancelledCase, healthyCase, healthyPayment, pendingCase } from './order-case.fixture.ts'

it('adds up units and money of settled orders, as each side has them', () => {
  const totals = [healthyCase, cancelledCase, pendingCase, healthyCase]
    .map(totalsOfOrder)
    .reduce(addTotals, nothing)
  expect(totals).toMatchObject({
    orders: 4,
    ordersInFlight: 1,
    units: { orders: 6, service: 6 },
    money: { EUR: { orders: 2_400n, service: 2_400n } },
  })
  expect(checkSums(totals)).toEqual([])
})

it('keeps currencies apart', () => {
  const dollars = { ...healthyCase, payments: [{ ...healthyPayment, currency: 'usd' }] }
  expect(addTotals(nothing, totalsOfOrder(dollars)).money).toEqual({
    EUR: { orders: 1_200n, service: 0n },
    USD: { orders: 0n, service: 1_200n },
  })
})

it('says which sums differ', () => {
  const sums = { ...nothing, units: { orders: 3, service: 2 }, money: { EUR: { orders: 1n, service: 2n } } }
  expect(checkSums(sums)).toEqual([
    { kind: 'sums-disagree', subject: 'units', detail: 'orders adds up to 3, products to 2', ids: [] },
    {
      kind: 'sums-disagree',
      subject: 'EUR',
      detail: 'orders adds up to 1, the payment provider to 2',
      ids: [],
    },
  ])
})
