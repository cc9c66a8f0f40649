/** What this subgraph may refuse; each is the failure member of that name in the API's result unions. */
export type Refusal = EmailTaken | WeakPassword | InvalidCredentials | InvalidInput | AddressNotFound

export type EmailTaken = { readonly __typename: 'EmailTaken'; readonly message: string }
export type WeakPassword = { readonly __typename: 'WeakPassword'; readonly message: string }
export type InvalidCredentials = { readonly __typename: 'InvalidCredentials'; readonly message: string }
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
  message: 'Choose a password of 10 to 200 characters.',
}

export const invalidCredentials: InvalidCredentials = {
  __typename: 'InvalidCredentials',
  message: 'The e-mail address or the password is wrong.',
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
