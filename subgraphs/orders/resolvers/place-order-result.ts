import type { PlaceOutcome } from '../checkout/checkout.ts'

/** What a client is told of a request to place an order. */
export const toPlaceOrderResult = (outcome: PlaceOutcome) => {
  switch (outcome.kind) {
    case 'placed':
      return { __typename: 'PlaceOrderSuccess', order: outcome.order } as const
    case 'refused':
      return {
        __typename: outcome.refusal.kind,
        message: outcome.refusal.message,
        items: outcome.refusal.shortages.map(({ productId, requested, available }) => ({
          product: { id: productId },
          requested,
          available,
        })),
      } as const
    case 'unavailable':
      return {
        __typename: 'ProductUnavailable',
        message: 'Some products are not available any more: take them out of the order.',
        productIds: outcome.productIds,
      } as const
    case 'keyReused':
      return {
        __typename: 'IdempotencyKeyReused',
        message: 'An earlier order has this idempotency key and another content: choose a new key.',
      } as const
    case 'invalid':
      return { __typename: 'InvalidOrder', message: outcome.message, field: outcome.field } as const
    case 'tryAgain':
      return {
        __typename: 'TryAgain',
        message:
          'Nothing was ordered, because the stock can not be asked now: repeat the request with the same key.',
        retryAfterSeconds: outcome.retryAfterSeconds,
      } as const
    default:
      return outcome satisfies never
  }
}
