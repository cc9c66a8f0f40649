import type { Session, SessionUser } from './current-session.ts'
import type { LoginMutation, RegisterMutation } from './generated/types.ts'

type Refusal<Name extends string> = {
  readonly __typename: Name
  readonly message: string
  readonly retryAfterSeconds?: number
}

type SignIn = LoginMutation['login'] | RegisterMutation['register']

/** A refusal to show at the form. */
export type SignInRefusal = Refusal<Exclude<NonNullable<SignIn>['__typename'], 'Session'>>

export type SignInResult = { readonly __typename: 'Session'; readonly user: SessionUser } | SignInRefusal

export type LoginInput = { readonly email: string; readonly password: string }
export type RegisterInput = LoginInput & { readonly name: string }

export type Granted = Pick<Session, 'accessToken' | 'refreshToken' | 'expiresAt' | 'user'> & {
  readonly __typename: 'Session'
}

/** What refreshing answers. */
export type RefreshResult = Granted | Refusal<'InvalidRefreshToken'>

export const isGranted = (result: Granted | Refusal<string>): result is Granted =>
  result.__typename === 'Session'

const session = '__typename ... on Session { accessToken refreshToken expiresAt user { id name role } }'
const refusal = '... on TooManyAttempts { retryAfterSeconds } ... on Failure { message }'

export const loginDocument = `mutation Login($input: LoginInput!) {
  login(input: $input) { ${session} ${refusal} }
}`

export const registerDocument = `mutation Register($input: RegisterInput!) {
  register(input: $input) { ${session} ... on TooManyAttempts { retryAfterSeconds } ${refusal} }
}`

export const refreshDocument = `mutation RefreshSession($input: RefreshSessionInput!) {
  refreshSession(input: $input) { ${session} ... on Failure { message } }
}`

export const logoutDocument = `mutation Logout($input: LogoutInput!) {
  logout(input: $input) { __typename }
}`
