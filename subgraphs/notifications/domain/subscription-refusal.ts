/** Why a subscription can't begin or go on. */
export type SubscriptionRefusal =
  | { readonly kind: 'unknownOrder' }
  /** The changes of the order that follow the cursor are no longer kept. */
  | { readonly kind: 'prunedChanges' }
  /** This version of the order has not arrived, though later ones have. */
  | { readonly kind: 'missingVersion'; readonly version: number }
  /** The order has not come to the version that the client gave; `latest` is its newest one. */
  | { readonly kind: 'futureVersion'; readonly version: number; readonly latest: number }
  /** The user never had a notification with this cursor. */
  | { readonly kind: 'unknownCursor' }
  /** The notifications that follow the cursor are no longer kept. */
  | { readonly kind: 'prunedNotifications' }
