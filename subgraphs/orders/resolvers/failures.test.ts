import { describe, expect, it } from 'vitest'
import { placeOrderFailure, refundOrderFailure } from './failures.ts'

describe('a client is told the field of the input', () => {
  it.each([
    ['empty', 'Order at least one product.'],
    ['mixedCurrencies', 'Order products of one currency at a time.'],
    [
      'totalTooLarge',
      "The total is more than 9,007,199,254,740,991 of the currency's smallest unit: split the order.",
    ],
  ] as const)('for which an order is refused as %s', (kind, message) => {
    expect(placeOrderFailure({ kind })).toEqual({ __typename: 'InvalidOrder', field: 'items', message })
  })

  it.each([
    [
      { kind: 'nothingPaid' },
      { field: 'orderId', message: 'Nothing was paid for this order: there is nothing to refund.' },
    ],
    [
      { kind: 'freeOfCharge' },
      { field: 'items', message: 'These items cost nothing: there is nothing to refund.' },
    ],
    [
      { kind: 'notOrdered', index: 2 },
      { field: 'items.2.productId', message: 'The order has no such product.' },
    ],
    [
      { kind: 'tooManyUnits', index: 0, most: 0 },
      { field: 'items.0.quantity', message: 'All units of this product are refunded already.' },
    ],
    [
      { kind: 'tooManyUnits', index: 1, most: 3 },
      {
        field: 'items.1.quantity',
        message: 'Refund at most 3 of this product: more were not ordered or are refunded already.',
      },
    ],
  ] as const)('for which a refund is refused: %j', (refusal, told) => {
    expect(refundOrderFailure(refusal)).toEqual({ __typename: 'InvalidOrder', ...told })
  })
})

describe('a client is told why an order is refused', () => {
  it('in the words of today', () => {
    expect(placeOrderFailure({ kind: 'refused', refusal: { kind: 'OutOfStock', shortages: [] } })).toEqual({
      __typename: 'OutOfStock',
      message: 'Not everything is in stock in the quantity that was ordered.',
      items: [],
    })
    const declined = { kind: 'PaymentDeclined', reason: 'insufficient_funds' } as const
    expect(placeOrderFailure({ kind: 'refused', refusal: declined })).toEqual({
      __typename: 'PaymentDeclined',
      message: 'The payment was declined: choose another payment method. Nothing was charged.',
      reason: 'insufficient_funds',
    })
  })

  it.each([
    ['amount_too_small', 'The total is too small to be paid: order more. Nothing was charged.'],
    ['amount_too_large', 'The total is too large for one payment: split the order. Nothing was charged.'],
    ['toString', 'The payment was declined: choose another payment method. Nothing was charged.'],
  ])('that the payment provider does not charge: %s', (reason, message) => {
    expect(placeOrderFailure({ kind: 'refused', refusal: { kind: 'PaymentDeclined', reason } })).toEqual({
      __typename: 'PaymentDeclined',
      message,
      reason,
    })
  })

  it('in the words that an earlier release has stored', () => {
    const refusal = { kind: 'OutOfStock', message: 'short', shortages: [] } as const
    expect(placeOrderFailure({ kind: 'refused', refusal })).toMatchObject({ message: 'short' })
  })
})
