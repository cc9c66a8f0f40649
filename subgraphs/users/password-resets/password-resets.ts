import { networkOf } from '@supergraph/runtime/network.ts'
import type { PasswordResetStore } from '../database/password-reset-store.ts'
import type { SignedIn } from '../database/session-beginnings.ts'
import type { SessionStore } from '../database/session-store.ts'
import { isAcceptablePassword } from '../domain/password.ts'
import { hashOf } from '../domain/refresh-token.ts'
import { isRefusal, type Refusal } from '../domain/refusals.ts'
import type { SessionOrigin } from '../domain/session.ts'
import type { Passwords } from '../passwords/passwords.ts'
import type { LoginThrottle } from '../sessions/login-throttle.ts'
import { unlessBusy } from '../sessions/sessions.ts'
import type { Answering } from './answering.ts'

export type PasswordResets = ReturnType<typeof createPasswordResets>

/** Gives people who have forgotten their password another one, by way of their mailbox. */
export const createPasswordResets = (dependencies: Dependencies) => ({
  /**
   * Notes that somebody asks for a new password, and returns a refusal or undefined. n.b. whether the address has an account is
   * looked up after the answer, so that the answer can't tell
   */
  request: async (
    email: string,
    clientAddress: string | undefined,
  ): Promise<Refusal<'tooManyResets'> | undefined> => {
    const { requests, answering, throttle } = dependencies
    const waitMs = await throttle.passwordResetWaitMs(email, clientAddress && networkOf(clientAddress))
    if (waitMs > 0) return { kind: 'tooManyResets', waitMs }
    await requests.request(email)
    answering.answerSoon()
    return undefined
  },

  /** Chooses a new password with the token of an e-mail, ends the user's sessions and signs in, unless a code is missing. */
  reset: (given: NewPassword, origin: SessionOrigin) => unlessBusy(reset(dependencies, given, origin)),
})

type Dependencies = {
  readonly requests: PasswordResetStore
  readonly answering: Answering
  readonly throttle: LoginThrottle
  readonly store: SessionStore
  readonly passwords: Passwords
}

type NewPassword = { readonly token: string; readonly newPassword: string }

const reset = async (
  { requests, throttle, store, passwords }: Dependencies,
  { token, newPassword }: NewPassword,
  origin: SessionOrigin,
): Promise<SignedIn | Refusal<'invalidToken' | 'weakPassword' | 'totpRequired'>> => {
  const tokenHash = hashOf(token)
  const owner = await requests.ownerOf(tokenHash)
  // n.b. before the password is hashed, which costs much
  if (owner === undefined) return { kind: 'invalidToken' }
  const { id: userId, email, shownEmail, name } = owner
  if (!isAcceptablePassword(newPassword, [email, shownEmail ?? email, name])) return { kind: 'weakPassword' }
  const passwordHash = await passwords.hash(newPassword)
  const signedIn = await store.resetPassword({ userId, tokenHash }, passwordHash, origin)
  if (isRefusal(signedIn)) return signedIn
  await throttle.login(email, origin.network).right()
  await throttle.passwordChange(userId).right()
  return signedIn
}
