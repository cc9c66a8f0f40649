import type { Kind } from '@supergraph/ledger/violations.ts'
import { ExpectedError } from '@supergraph/runtime/expected-error.ts'

/** What disagrees beyond the rules of the ledger, when databases were restored to different moments. */
export const moreKinds = {
  'account-lost': 'somebody whose address notifications has, and who has no account',
  'account-returned': 'somebody whose account was deleted, and who has it again',
  'event-unhandled': 'a published event that a queue has not handled, though it takes its type',
} as const

export type FindingKind = Kind | keyof typeof moreKinds

/** What has come of a deed: `waits` for its service to go on, has changed `nothing`, or is `gone` because it is not due any more. */
export type Effect = 'done' | 'waits' | 'nothing' | 'gone'

/** Something to be done, by whom; a deed of the command's throws NeedsPerson if somebody has to do something first. */
export type Deed = { readonly does: string } & (
  | { readonly by: 'command'; readonly apply: () => Promise<Effect> }
  /** The services do it by themselves once they run. */
  | { readonly by: 'services' }
  | { readonly by: 'person' }
  /** The command has tried; `does` is the error. */
  | { readonly by: 'failed' }
)

/** What is to be done about something that disagrees, in words. */
export type Remedy = Deed & { readonly kind: FindingKind; readonly subject: string }

/** What the command can't do before somebody has done what the message says. */
export class NeedsPerson extends ExpectedError {}

/** What the command does; `apply` tells whether it has changed anything. */
export const deed = (does: string, apply: () => Promise<Effect | boolean>): Deed => ({
  ...{ by: 'command', does },
  apply: async () => {
    const effect = await apply()
    if (typeof effect === 'string') return effect
    return effect ? 'done' : 'nothing'
  },
})

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
