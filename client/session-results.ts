import type { SessionUser } from './current-session.ts'
import type {
  CompleteLoginMutation,
  LoginMutation,
  RefreshSessionMutation,
  RegisterMutation,
  ResetPasswordMutation,
} from './generated/types.ts'

/** What the shop answers to a login, its code, a registration or a new password. */
export type SignInAnswer = NonNullable<
  | LoginMutation['login']
  | CompleteLoginMutation['completeLogin']
  | RegisterMutation['register']
  | ResetPasswordMutation['resetPassword']
>

/** A refusal to show at the form. */
export type SignInRefusal = Exclude<SignInAnswer, { readonly __typename: 'Session' }>

export type SignInResult = { readonly __typename: 'Session'; readonly user: SessionUser } | SignInRefusal

export type LoginInput = { readonly email: string; readonly password: string }
/** `challenge` is what `TotpRequired` has; `code` is what the user's app shows, or a recovery code. */
export type CompleteLoginInput = { readonly challenge: string; readonly code: string }
export type RegisterInput = LoginInput & { readonly name: string }
/** `token` is what stands in the link of the e-mail after `#token=`. */
export type ResetPasswordInput = { readonly token: string; readonly newPassword: string }

/** What the shop answers to a refresh. */
export type RefreshAnswer = NonNullable<RefreshSessionMutation['refreshSession']>

/** The tokens of a session, and whose they are. */
export type Granted = Extract<RefreshAnswer, { readonly __typename: 'Session' }>
