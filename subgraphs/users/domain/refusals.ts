import type { RefusalOf } from '@supergraph/subgraph/failures.ts'
import type { InvalidInput } from '@supergraph/subgraph/input.ts'

/** What is known of a refusal besides its kind. */
export type RefusalDetails = {
  readonly emailTaken: unknown
  readonly weakPassword: unknown
  readonly invalidCredentials: unknown
  readonly tooManyAttempts: { readonly waitMs: number }
  readonly tooManyRegistrations: { readonly waitMs: number }
  readonly tooManyResets: { readonly waitMs: number }
  readonly tooManyLinks: { readonly waitMs: number }
  readonly tooManyExports: { readonly waitMs: number }
  readonly busy: { readonly waitMs: number }
  readonly invalidRefreshToken: unknown
  readonly invalidToken: unknown
  readonly alreadyVerified: unknown
  readonly invalidInput: Omit<InvalidInput, 'kind'>
  readonly fullAddressBook: { readonly maxAddresses: number }
  readonly addressNotFound: unknown
  readonly userNotFound: unknown
  readonly lastAdmin: unknown
  readonly noDeletion: unknown
  /** The token stands for the password that was given, until the code comes. */
  readonly totpRequired: { readonly challenge: string; readonly expiresAt: Date }
  readonly totpAlreadyEnabled: unknown
  readonly noTotp: unknown
  readonly invalidCode: unknown
  readonly invalidChallenge: unknown
  readonly tooManyCodes: { readonly waitMs: number }
}

/** Why this subgraph does not do what was asked, of one of these kinds. */
export type Refusal<Kind extends keyof RefusalDetails = keyof RefusalDetails> = RefusalOf<
  RefusalDetails,
  Kind
>

/** Whether a result is a refusal; nothing else in the domain has a `kind`. */
export const isRefusal = (result: object): result is Refusal => 'kind' in result
