import type { OrderStatus } from '../domain/order.ts'
import type { InvalidInput } from '../domain/order-input.ts'

/** The refusals that several mutations share. */
export const orderNotFound = { __typename: 'OrderNotFound', message: 'There is no such order.' } as const

export const keyReused = {
  __typename: 'IdempotencyKeyReused',
  message: 'An earlier request has this idempotency key and another content: choose a new key.',
} as const

export const invalidOrder = ({ field, message }: InvalidInput) =>
  ({ __typename: 'InvalidOrder', message, field }) as const

export const illegalTransition = ({ from, to }: { readonly from: OrderStatus; readonly to: OrderStatus }) =>
  ({
    __typename: 'IllegalOrderTransition',
    message: `The order is ${from} and can't become ${to}.`,
    from,
    to,
  }) as const

/** Nothing was changed, and the same request may be repeated; `message` says why. */
export const tryAgain = (message: string, retryAfterSeconds = 2) =>
  ({ __typename: 'TryAgain', message, retryAfterSeconds }) as const
