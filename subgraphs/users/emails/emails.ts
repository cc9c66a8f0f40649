import { randomUUID } from 'node:crypto'
import { networkOf } from '@supergraph/runtime/network.ts'
import type { EmailAddress } from '@supergraph/schema/email-address.ts'
import type { CredentialStore } from '../database/credential-store.ts'
import type { EmailStore } from '../database/email-store.ts'
import type { UserRow } from '../database/tables.ts'
import type { UserStore } from '../database/user-store.ts'
import { isRefusal, type Refusal } from '../domain/refusals.ts'
import type { Answering } from '../password-resets/answering.ts'
import type { Passwords } from '../passwords/passwords.ts'
import type { LoginThrottle } from '../sessions/login-throttle.ts'
import { checkPassword, type SessionCaller, unlessBusy } from '../sessions/sessions.ts'

export type Emails = ReturnType<typeof createEmails>

/** Finds out whose the e-mail addresses of accounts are. */
export const createEmails = (dependencies: Dependencies) => ({
  /** Sends a link to the caller's address; returns undefined if the caller's session has ended. */
  requestVerification: async (
    { userId, sessionId }: SessionCaller,
    clientAddress: string | undefined,
  ): Promise<UserRow | Refusal<'alreadyVerified' | 'tooManyLinks'> | undefined> => {
    const { throttle, store } = dependencies
    const waitMs = await throttle.linkWaitMs(userId, clientAddress && networkOf(clientAddress))
    return waitMs > 0 ? { kind: 'tooManyLinks', waitMs } : store.requestVerification(userId, sessionId)
  },

  /** Notes that an address is its user's own, for the token of an e-mail to it. */
  verify: dependencies.store.verify,

  /** Sends a link to another address; returns undefined if the caller's session has ended. */
  requestChange: (caller: SessionCaller, wanted: Wanted, clientAddress: string | undefined) =>
    unlessBusy(requestChange(dependencies, caller, wanted, clientAddress && networkOf(clientAddress))),

  /** Gives an account another address, for the token of an e-mail to it. */
  confirmChange: dependencies.store.confirmChange,

  /** Gives an account its earlier address back, for the token of an e-mail to that one. */
  undoChange: (token: string) => unlessBusy(undoChange(dependencies, token)),
})

type Dependencies = {
  readonly store: EmailStore
  readonly throttle: LoginThrottle
  readonly users: UserStore
  readonly credentials: CredentialStore
  readonly passwords: Passwords
  readonly answering: Answering
}

type Wanted = { readonly newEmail: EmailAddress; readonly password: string }

const requestChange = async (
  { store, throttle, users, credentials, passwords }: Dependencies,
  { userId, sessionId }: SessionCaller,
  { newEmail: { canonical, shown }, password }: Wanted,
  network: string | undefined,
): Promise<
  UserRow | Refusal<'invalidCredentials' | 'invalidInput' | 'tooManyAttempts' | 'tooManyLinks'> | undefined
> => {
  const [user] = await users.load([userId])
  if (user === undefined) return undefined
  if (user.email === canonical)
    return {
      kind: 'invalidInput',
      field: 'newEmail',
      message: 'This is your address already: put another one there.',
    }
  const tries = throttle.passwordChange(userId)
  const credential = await checkPassword({ credentials, passwords }, user.email, password, tries)
  if (isRefusal(credential)) return credential
  await tries.right()
  const waitMs = await throttle.linkWaitMs(userId, network)
  if (waitMs > 0) return { kind: 'tooManyLinks', waitMs }
  const { passwordHash } = credential
  const to = { email: canonical, shownEmail: shown === canonical ? null : shown }
  return store.requestChange({ userId, sessionId, passwordHash }, to)
}

const undoChange = async (
  { store, passwords, answering }: Dependencies,
  token: string,
): Promise<UserRow | Refusal<'invalidToken'>> => {
  // n.b. before a password is hashed, which costs much
  if (!(await store.mayUndo(token))) return { kind: 'invalidToken' }
  const user = await store.undoChange(token, await passwords.hash(randomUUID()))
  answering.answerSoon()
  return user
}
