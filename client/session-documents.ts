import type { Session, SessionUser } from './current-session.ts'

/** A refusal to show at the form. */
export type SignInRefusal = {
  readonly __typename: string
  readonly message: string
  readonly retryAfterSeconds?: number
}

export type SignInResult = { readonly __typename: 'Session'; readonly user: SessionUser } | SignInRefusal

export type LoginInput = { readonly email: string; readonly password: string }
export type RegisterInput = LoginInput & { readonly name: string }

export type Granted = Pick<Session, 'accessToken' | 'refreshToken' | 'expiresAt' | 'user'> & {
  readonly __typename: 'Session'
}

/** What signing in and refreshing answer. */
export type SessionResult = Granted | SignInRefusal

export const isGranted = (result: SessionResult): result is Granted => result.__typename === 'Session'

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
