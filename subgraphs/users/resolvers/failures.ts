import { createToFailure, type FailuresOf } from '@supergraph/subgraph/failures.ts'
import type { RefusalDetails } from '../domain/refusals.ts'
import type { ResolversTypes } from '../generated/resolvers.ts'

const failures = {
  emailTaken: () => ({
    __typename: 'EmailTaken',
    message: 'This e-mail address has an account already: sign in instead.',
  }),
  weakPassword: () => ({
    __typename: 'WeakPassword',
    message:
      'Choose a password of 10 to 200 characters that nobody would try first: no common one, no row such as 0123456789, at least 5 different characters, and not your name.',
  }),
  invalidCredentials: () => ({
    __typename: 'InvalidCredentials',
    message: 'The e-mail address or the password is wrong.',
  }),
  tooManyAttempts: ({ waitMs }) => ({
    __typename: 'TooManyAttempts',
    message: 'There were too many wrong passwords: wait a while, then try again.',
    retryAfterSeconds: Math.ceil(waitMs / 1_000),
  }),
  tooManyRegistrations: ({ waitMs }) => ({
    __typename: 'TooManyAttempts',
    message: 'Too many accounts were opened from here: wait a while, then try again.',
    retryAfterSeconds: Math.ceil(waitMs / 1_000),
  }),
  tooManyResets: ({ waitMs }) => ({
    __typename: 'TooManyAttempts',
    message: 'A new password was asked for too often: use the newest e-mail about it, or wait a while.',
    retryAfterSeconds: Math.ceil(waitMs / 1_000),
  }),
  tooManyLinks: ({ waitMs }) => ({
    __typename: 'TooManyAttempts',
    message: 'A link was asked for too often: use the newest e-mail about it, or wait a while.',
    retryAfterSeconds: Math.ceil(waitMs / 1_000),
  }),
  tooManyExports: ({ waitMs }) => ({
    __typename: 'TooManyAttempts',
    message: 'Your data was asked for too often: use the newest link, or wait a while.',
    retryAfterSeconds: Math.ceil(waitMs / 1_000),
  }),
  busy: ({ waitMs }) => ({
    __typename: 'TooManyAttempts',
    message: 'Too many people sign in just now: try again in a moment.',
    retryAfterSeconds: Math.ceil(waitMs / 1_000),
  }),
  invalidRefreshToken: () => ({
    __typename: 'InvalidRefreshToken',
    message: 'This session is over: sign in again.',
  }),
  invalidToken: () => ({
    __typename: 'InvalidToken',
    message: 'This link does not work any more: ask for a new one.',
  }),
  alreadyVerified: () => ({
    __typename: 'AlreadyVerified',
    message: 'This e-mail address is confirmed already.',
  }),
  invalidInput: ({ field, message }) => ({ __typename: 'InvalidInput', message, field }),
  fullAddressBook: ({ maxAddresses }) => ({
    __typename: 'InvalidInput',
    message: `An address book holds ${maxAddresses} addresses at most: remove one, then add this one.`,
    field: 'address',
  }),
  addressNotFound: () => ({
    __typename: 'AddressNotFound',
    message: 'There is no such address in your address book.',
  }),
  userNotFound: () => ({ __typename: 'UserNotFound', message: 'There is no such user.' }),
  lastAdmin: () => ({
    __typename: 'LastAdmin',
    message: 'This is the last admin: make someone else an admin first.',
  }),
  noDeletion: () => ({
    __typename: 'NoDeletion',
    message: 'This account is not to be deleted.',
  }),
  totpRequired: ({ challenge, expiresAt }) => ({
    __typename: 'TotpRequired',
    message: 'Fill in the code that your app shows, or one of your recovery codes.',
    challenge,
    expiresAt,
  }),
  totpAlreadyEnabled: () => ({
    __typename: 'TotpAlreadyEnabled',
    message: 'Your account asks for a code already: switch that off first to use another app.',
  }),
  noTotp: () => ({ __typename: 'NoTotp', message: 'This account asks for no code: switch that on first.' }),
  invalidCode: () => ({
    __typename: 'InvalidCode',
    message:
      'This code is wrong, or was used: wait until your app shows the next one, and see whether its clock is right.',
  }),
  invalidChallenge: () => ({
    __typename: 'InvalidChallenge',
    message: 'That took too long, or was done already: sign in again with your password.',
  }),
  tooManyCodes: ({ waitMs }) => ({
    __typename: 'TooManyAttempts',
    message: 'There were too many wrong codes: wait a while, then try again.',
    retryAfterSeconds: Math.ceil(waitMs / 1_000),
  }),
} as const satisfies FailuresOf<
  RefusalDetails,
  { readonly __typename: keyof ResolversTypes; readonly message: string }
>

/** The failure member of the API's result unions that stands for a refusal, in words for a screen. */
export const toFailure = createToFailure<
  RefusalDetails,
  { readonly [Kind in keyof RefusalDetails]: ReturnType<(typeof failures)[Kind]> }
>(failures)
