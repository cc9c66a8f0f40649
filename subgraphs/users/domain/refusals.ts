/** What this subgraph may refuse; each is the failure member of that name in the API's result unions. */
export type Refusal =
  | EmailTaken
  | WeakPassword
  | InvalidCredentials
  | TooManyAttempts
  | InvalidRefreshToken
  | InvalidInput
  | AddressNotFound
  | UserNotFound
  | LastAdmin

export type EmailTaken = { readonly __typename: 'EmailTaken'; readonly message: string }
export type WeakPassword = { readonly __typename: 'WeakPassword'; readonly message: string }
export type InvalidCredentials = { readonly __typename: 'InvalidCredentials'; readonly message: string }
export type TooManyAttempts = {
  readonly __typename: 'TooManyAttempts'
  readonly message: string
  readonly retryAfterSeconds: number
}
export type InvalidRefreshToken = { readonly __typename: 'InvalidRefreshToken'; readonly message: string }
export type UserNotFound = { readonly __typename: 'UserNotFound'; readonly message: string }
export type LastAdmin = { readonly __typename: 'LastAdmin'; readonly message: string }
export type AddressNotFound = { readonly __typename: 'AddressNotFound'; readonly message: string }
export type InvalidInput = {
  readonly __typename: 'InvalidInput'
  readonly message: string
  /** The path of the value in the mutation's input, such as `address.country`. */
  readonly field: string
}

export const emailTaken: EmailTaken = {
  __typename: 'EmailTaken',
  message: 'This e-mail address has an account already: sign in instead.',
}

export const weakPassword: WeakPassword = {
  __typename: 'WeakPassword',
  message:
    'Choose a password of 10 to 200 characters that nobody would try first: no common one, no row such as 0123456789, at least 5 different characters, and not your name.',
}

export const invalidCredentials: InvalidCredentials = {
  __typename: 'InvalidCredentials',
  message: 'The e-mail address or the password is wrong.',
}

export const tooManyAttempts = (waitMs: number): TooManyAttempts => ({
  __typename: 'TooManyAttempts',
  message: 'There were too many wrong passwords: wait a while, then try again.',
  retryAfterSeconds: Math.ceil(waitMs / 1_000),
})

export const invalidRefreshToken: InvalidRefreshToken = {
  __typename: 'InvalidRefreshToken',
  message: 'This session is over: sign in again.',
}

export const userNotFound: UserNotFound = {
  __typename: 'UserNotFound',
  message: 'There is no such user.',
}

export const lastAdmin: LastAdmin = {
  __typename: 'LastAdmin',
  message: 'This is the last admin: make someone else an admin first.',
}

export const addressNotFound: AddressNotFound = {
  __typename: 'AddressNotFound',
  message: 'There is no such address in your address book.',
}

export const invalidInput = (field: string, message: string): InvalidInput => ({
  __typename: 'InvalidInput',
  message,
  field,
})

/** Whether a result is a refusal; nothing else in the domain carries a `__typename`. */
export const isRefusal = (result: object): result is Refusal => '__typename' in result
