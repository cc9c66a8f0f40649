import type { Kind } from '@supergraph/ledger/violations.ts'

/** What disagrees beyond the rules of the ledger, when databases were restored to different moments. */
export const moreKinds = {
  'account-lost': 'somebody whose address notifications has, and who has no account',
  'account-returned': 'somebody whose account was deleted, and who has it again',
  'event-unhandled': 'a published event that a queue has not handled, though it takes its type',
} as const

export type FindingKind = Kind | keyof typeof moreKinds

/** What is to be done about something that disagrees, in words. */
export type Remedy = {
  readonly kind: FindingKind
  readonly subject: string
  readonly does: string
} & (
  | { readonly by: 'command'; readonly apply: () => Promise<void> }
  /** The services do it by themselves once they run. */
  | { readonly by: 'services' }
  | { readonly by: 'person' }
)

/** What somebody has to do about what no program can decide. */
export const advice: Readonly<Partial<Record<FindingKind, string>>> = {
  'confirmed-not-charged': 'claim the payment from the customer, or cancel the order',
  'charged-not-confirmed': 'look at the order in the console, and refund the payment at the provider',
  'charged-twice': 'refund one of the payments at the provider',
  'wrong-amount': 'refund or claim the difference',
  'charge-without-order': 'nobody knows whose order it was: refund the payment at the provider',
  'customer-unknown': 'nobody knows the address of the account: wait until its owner asks',
  'event-stuck': 'once its cause is mended: npm run events -- replay ID',
}

export const otherAdvice =
  'no restored database explains it: look at it in the console before you change anything'
