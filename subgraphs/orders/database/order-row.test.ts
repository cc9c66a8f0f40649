import { uuidv7 } from '@supergraph/runtime/uuid.ts'
import { expect, it } from 'vitest'
import { type OrderRefusal, placeOrder } from '../domain/order.ts'
import { toRow } from './order-row.ts'

const total = { amountMinor: 3_600, currency: 'EUR' }
const command = { id: uuidv7(), number: '100001', customerId: uuidv7(), total, paymentMethod: 'pm_card_visa' }
const { order } = placeOrder(command, new Date(0))
const address = { name: 'Ada', line1: '1', line2: null, city: 'London', postalCode: 'SW1Y', country: 'GB' }

const refusals: readonly (readonly [OrderRefusal, string])[] = [
  [{ kind: 'OutOfStock', shortages: [] }, 'Not everything is in stock in the quantity that was ordered.'],
  [
    { kind: 'PaymentDeclined', reason: 'generic_decline' },
    'The payment was declined: choose another payment method. Nothing was charged.',
  ],
  [
    { kind: 'Unavailable' },
    'The order could not be taken, because a service that it needs was away. Nothing was charged.',
  ],
  [{ kind: 'OutOfStock', shortages: [], message: 'Too few.' }, 'Too few.'],
]

it.each(
  refusals,
)('the row of an order that is refused holds the message, which the previous release reads: %j', (refusal, message) => {
  expect(toRow({ ...order, status: 'REJECTED', refusal }, address).refusal).toEqual({ ...refusal, message })
})

it('the row of an order that is not refused holds no message', () => {
  expect(toRow(order, address).refusal).toBeNull()
})
