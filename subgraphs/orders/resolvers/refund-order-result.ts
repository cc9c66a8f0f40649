import type { RefundOutcome } from '../order-commands.ts'
import { illegalTransition, invalidOrder, keyReused, tryAgain } from './failures.ts'
import { toRefund } from './refund.ts'

/** What a client is told of a request to refund an order. */
export const toRefundOrderResult = (outcome: RefundOutcome) => {
  switch (outcome.kind) {
    case 'granted': {
      const { order, refund } = outcome
      return refund.state === 'FAILED'
        ? ({
            __typename: 'RefundDeclined',
            message: 'The payment provider refused the refund: nothing was returned.',
            reason: refund.failure ?? 'unknown',
          } as const)
        : ({ __typename: 'RefundOrderSuccess', order, refund: toRefund(refund, order.currency) } as const)
    }
    case 'illegal':
      return illegalTransition(outcome)
    case 'invalid':
      return invalidOrder(outcome)
    case 'busy':
      return tryAgain('Another refund of this order is under way: repeat the request with the same key.')
    case 'keyReused':
      return keyReused
    default:
      return outcome satisfies never
  }
}
