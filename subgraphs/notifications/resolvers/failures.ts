import { notFound } from '@supergraph/runtime/errors.ts'
import type { InvalidInput } from '@supergraph/subgraph/input.ts'
import { GraphQLError } from 'graphql'
import type { SubscriptionRefusal } from '../domain/subscription-refusal.ts'

/** The failure member of the result unions for an input that can't be accepted. */
export const invalidInput = ({ field, message }: InvalidInput) =>
  ({ __typename: 'InvalidInput', field, message }) as const

/** The error that ends a subscription. */
export const subscriptionError = (refusal: SubscriptionRefusal): GraphQLError => {
  switch (refusal.kind) {
    case 'unknownOrder':
      return notFound('There is no order with this id, or it is not yours.')
    case 'prunedChanges':
      return cursorExpired('the changes after this version are no longer kept')
    case 'missingVersion':
      return cursorExpired(`version ${refusal.version} of this order has not arrived, though later ones have`)
    case 'futureVersion':
      return cursorExpired(
        `this order is at version ${refusal.latest}, and has not come to ${refusal.version}`,
      )
    case 'unknownCursor':
      return cursorExpired('no notification has this cursor')
    case 'prunedNotifications':
      return cursorExpired('the notifications after this one are no longer kept')
    default:
      return refusal satisfies never
  }
}

const cursorExpired = (why: string): GraphQLError =>
  new GraphQLError(`CursorExpired: ${why}. Read the state anew, then subscribe without a cursor.`, {
    extensions: { code: 'CURSOR_EXPIRED' },
  })
