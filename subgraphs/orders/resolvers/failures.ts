import { formatMoney } from '@supergraph/money/money.ts'
import type { CancelOrderOutcome } from '../commands/cancel-order.ts'
import type { PlaceOrderOutcome } from '../commands/place-order.ts'
import type { RefundOrderOutcome } from '../commands/refund-order.ts'
import { refusalSentence } from '../database/order-row.ts'
import type { OrderRow } from '../database/tables.ts'
import type { IllegalTransition, Money, OrderRefusal } from '../domain/order.ts'
import type { Uneven, Unpayable } from '../domain/unpayable.ts'

export const orderNotFound = { __typename: 'OrderNotFound', message: 'There is no such order.' } as const

export const emailNotVerified = {
  __typename: 'EmailNotVerified',
  message:
    'Confirm your e-mail address first: use the link in our e-mail, or ask for another one. Nothing was ordered.',
} as const

export const invalidOrder = ({ field, message }: { readonly field: string; readonly message: string }) =>
  ({ __typename: 'InvalidOrder', message, field }) as const

export const illegalTransition = ({ from, to }: IllegalTransition) =>
  ({
    __typename: 'IllegalOrderTransition',
    message: `The order is ${from} and can't become ${to}.`,
    from,
    to,
  }) as const

const keyReused = {
  __typename: 'IdempotencyKeyReused',
  message: 'An earlier request has this idempotency key and another content: choose a new key.',
} as const

/** Nothing was changed, and the same request may be repeated; `message` says why. */
const tryAgain = (message: string) => ({ __typename: 'TryAgain', message, retryAfterSeconds: 2 }) as const

const tooMany = (waitMs: number, message: string) =>
  ({ __typename: 'TooManyAttempts', message, retryAfterSeconds: Math.ceil(waitMs / 1_000) }) as const

/** What a client is told that asks too often how a payment stands. */
export const tooManyQuestions = (waitMs: number) =>
  tooMany(waitMs, 'The payment was asked for too often: wait a while. The order goes on by itself, too.')

/** What a client is told of an order that was not placed. */
export const placeOrderFailure = (outcome: Exclude<PlaceOrderOutcome, { readonly kind: 'placed' }>) => {
  switch (outcome.kind) {
    case 'refused':
      return orderRefused(outcome.refusal)
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
    case 'empty':
      return invalidOrder({ field: 'items', message: 'Order at least one product.' })
    case 'mixedCurrencies':
      return invalidOrder({ field: 'items', message: 'Order products of one currency at a time.' })
    case 'totalTooLarge':
      return invalidOrder({
        field: 'items',
        message: `The total is more than ${mostMinor} of the currency's smallest unit: split the order.`,
      })
    case 'unpayable':
      return invalidOrder({ field: 'items', message: unpayable(outcome.total, outcome.why) })
    case 'tooMany':
      return tooMany(
        outcome.waitMs,
        'Nothing was ordered, because there were too many orders or declined payments: wait a while, then repeat the request with the same key.',
      )
    case 'tryAgain':
      return tryAgain(
        'Nothing was ordered, because a service that is needed does not answer now: repeat the request with the same key.',
      )
    default:
      return outcome satisfies never
  }
}

const mostMinor = Number.MAX_SAFE_INTEGER.toLocaleString('en')

const unpayable = (total: Money, why: Unpayable): string => {
  switch (why.kind) {
    case 'currency':
      return `No payment is taken in ${total.currency}: order products of another currency.`
    case 'tooSmall':
      return `The total of ${formatMoney(total)} is too small to be paid: the least is ${formatMoney(why.least)}. Order more.`
    case 'tooLarge':
      return `The total of ${formatMoney(total)} is too large for one payment: the most is ${formatMoney(why.most)}. Split the order.`
    case 'uneven':
      return `The total of ${formatMoney(total)} can't be paid exactly: payments go in steps of ${formatMoney(why.step)}. Change the quantities.`
    default:
      return why satisfies never
  }
}

const unrefundable = (amount: Money, { step }: Uneven): string =>
  `${formatMoney(amount)} can't be returned exactly: refunds go in steps of ${formatMoney(step)}. Refund other quantities, or all that is left.`

const orderRefused = (refusal: Exclude<OrderRefusal, { readonly kind: 'Unavailable' }>) => {
  const { kind } = refusal
  const message = refusalSentence(refusal)
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
    default:
      return kind satisfies never
  }
}

/** What a client is told of an order whose payment it goes on with, if the order was refused. */
export const paymentFailure = ({ refusal }: OrderRow) =>
  refusal === null || refusal.kind === 'Unavailable' ? undefined : orderRefused(refusal)

/** What a client is told of an order that was not cancelled. */
export const cancelOrderFailure = (outcome: Exclude<CancelOrderOutcome, { readonly kind: 'done' }>) =>
  outcome.kind === 'illegal' ? illegalTransition(outcome) : keyReused

/** What a client is told of a refund that was not granted. */
export const refundOrderFailure = (outcome: Exclude<RefundOrderOutcome, { readonly kind: 'granted' }>) => {
  switch (outcome.kind) {
    case 'illegal':
      return illegalTransition(outcome)
    case 'busy':
      return tryAgain('Another refund of this order is under way: repeat the request with the same key.')
    case 'keyReused':
      return keyReused
    case 'nothingPaid':
      return invalidOrder({
        field: 'orderId',
        message: 'Nothing was paid for this order: there is nothing to refund.',
      })
    case 'freeOfCharge':
      return invalidOrder({
        field: 'items',
        message: 'These items cost nothing: there is nothing to refund.',
      })
    case 'unrefundable':
      return invalidOrder({ field: 'items', message: unrefundable(outcome.amount, outcome.why) })
    case 'notOrdered':
      return invalidOrder({
        field: `items.${outcome.index}.productId`,
        message: 'The order has no such product.',
      })
    case 'tooManyUnits': {
      const { index, most } = outcome
      const message =
        most === 0
          ? 'All units of this product are refunded already.'
          : `Refund at most ${most} of this product: more were not ordered or are refunded already.`
      return invalidOrder({ field: `items.${index}.quantity`, message })
    }
    default:
      return outcome satisfies never
  }
}

/** What a client is told of a refund that the payment provider refused; `failure` is the provider's code. */
export const refundDeclined = (failure: string | null) =>
  ({
    __typename: 'RefundDeclined',
    message: 'The payment provider refused the refund: nothing was returned.',
    reason: failure ?? 'unknown',
  }) as const
