/** Every kind of disagreement that the ledger check knows, with what it means. */
export const kinds = {
  'customer-unknown': 'an order of someone who has no account',
  'total-disagrees': 'an order whose total is not the sum of its items',
  'history-gap': 'an order whose timeline lacks a version, or ends in another status',
  stuck:
    'an order whose next step is overdue by a minute or fails again and again, or that nobody would ever finish',

  'confirmed-not-charged': 'an order that was fulfilled and never charged',
  'charged-not-confirmed': 'a REJECTED or CANCELLED order whose money was kept or is still reserved',
  'charged-twice': 'an order with more than one charge',
  'wrong-amount': 'a charge of another amount, or in another currency, than the order',
  'charge-without-order': 'a charge that no order knows, and that was not returned',
  'refunds-disagree': 'refunds of an order that differ from the payment provider’s, or exceed the charge',
  'disputes-disagree': 'disputes of an order that differ from the payment provider’s',
  'payment-state-disagrees': 'an order whose payment state differs from its payment',

  'stock-not-taken': 'a fulfilled order without committed stock',
  'stock-kept': 'a REJECTED or CANCELLED order that still holds stock',
  'lines-disagree': 'a reservation of other units than were ordered',
  'movements-disagree': 'stock movements of an order that differ from its reservation',
  'reservation-without-order': 'a reservation that no order knows',
  'shelf-disagrees': 'a product whose units differ from its movements or from its reservations',

  'event-missing': 'a change of an order without its event',
  'event-stuck': 'an event that was given up on, or has not left its outbox for a minute',
  'update-missing': 'a published change of an order or of a product’s stock that notifications does not know',
  'update-unfounded':
    'a change of an order or of a product’s stock that only notifications knows, or that it knows differently',
  'notification-missing': 'news that its user was not told',
  'notification-doubled': 'news that its user was told more than once',
  'notification-unfounded': 'a notification of something that did not happen',
  'notification-misdirected': 'a notification of somebody else’s order',
  'notification-gap': 'a user whose notifications are not numbered without gaps',
  'email-missing': 'news that its user was told in the shop, but that no e-mail was written of',
  'email-misdirected': 'an e-mail of somebody else’s order',

  'deletion-undone': 'somebody whose account was deleted, and of whom something is left',
  'deletion-unconfirmed': 'somebody whose account was deleted, and whom a service has not forgotten yet',

  'sums-disagree': 'sums of units or money that differ although nothing else does',
} as const

export type Kind = keyof typeof kinds

/** Something that does not agree: what it is about, the ids of everything involved, and both sides in words. */
export type Violation = {
  readonly kind: Kind
  /** The id of the order, product, user, payment or event that it is about. */
  readonly subject: string
  readonly detail: string
  /** Ids besides the subject's, such as those of payments or notifications. */
  readonly ids: readonly string[]
}

/** Makes a violation; it involves no ids besides the subject's unless they are given. */
export const violation = (
  kind: Kind,
  subject: string,
  detail: string,
  ids: readonly string[] = [],
): Violation => ({ kind, subject, detail, ids })
