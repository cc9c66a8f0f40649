import type { PlaceOutcome } from '../checkout/checkout.ts'
import type { Refusal } from '../domain/order.ts'
import { invalidOrder, keyReused, tryAgain } from './failures.ts'

/** What a client is told of a request to place an order. */
export const toPlaceOrderResult = (outcome: PlaceOutcome) => {
  switch (outcome.kind) {
    case 'placed':
      return { __typename: 'PlaceOrderSuccess', order: outcome.order } as const
    case 'refused':
      return toRefusal(outcome.refusal)
    case 'unavailable':
      return {
        __typename: 'ProductUnavailable',
        message: 'Some products are not available any more: take them out of the order.',
        productIds: outcome.productIds,
      } as const
    case 'priceChanged': {
      const { oldTotal, newTotal } = outcome
      return {
        __typename: 'PriceChanged',
        message: 'The total has changed meanwhile: show the new one and ask again. Nothing was ordered.',
        oldTotal,
        newTotal,
      } as const
    }
    case 'keyReused':
      return keyReused
    case 'invalid':
      return invalidOrder(outcome)
    case 'tryAgain':
      return tryAgain(notNow, outcome.retryAfterSeconds)
    default:
      return outcome satisfies never
  }
}

const toRefusal = (refusal: Refusal) => {
  const { kind, message } = refusal
  switch (kind) {
    case 'OutOfStock': {
      const items = refusal.shortages.map(({ productId, requested, available }) => ({
        product: { id: productId },
        requested,
        available,
      }))
      return { __typename: kind, message, items } as const
    }
    case 'PaymentDeclined':
      return { __typename: kind, message, reason: refusal.reason } as const
    case 'Unavailable':
      return tryAgain(notNow)
    default:
      return kind satisfies never
  }
}

const notNow =
  'Nothing was ordered, because a service that is needed does not answer now: repeat the request with the same key.'
