import type { Staff } from '@supergraph/subgraph/staff.ts'
import type { Asker, CredentialStore } from '../database/credential-store.ts'
import type { UserRow } from '../database/tables.ts'
import type { TotpStore } from '../database/totp-store.ts'
import type { UserStore } from '../database/user-store.ts'
import { base32 } from '../domain/base32.ts'
import { isRefusal, type Refusal } from '../domain/refusals.ts'
import { createTotpSecret, otpauthUri } from '../domain/totp.ts'
import type { Passwords } from '../passwords/passwords.ts'
import type { LoginThrottle } from '../sessions/login-throttle.ts'
import { checkPassword, type SessionCaller, unlessBusy } from '../sessions/sessions.ts'

export type TwoFactor = ReturnType<typeof createTwoFactor>

/** What a user's app makes its codes with, in the two forms that apps take. */
export type TotpSecret = { readonly secret: string; readonly uri: string }

/** Who calls, and from which address. */
export type Caller = SessionCaller & Pick<Staff, 'clientAddress'>

/** Lets users have a second factor besides the password. A result is undefined if the caller's session has ended. */
export const createTwoFactor = (dependencies: Dependencies) => ({
  /** Gives a user's app its secret, for the password; codes are asked for once `confirm` has seen the first one. */
  enable: (caller: Caller, password: string) => unlessBusy(enable(dependencies, caller, password)),

  confirm: ({ userId: actorId, sessionId, clientAddress }: Caller, code: string) =>
    countingCodes(dependencies, actorId, () =>
      dependencies.store.confirm({ actorId, sessionId, clientAddress }, code),
    ),

  disable: (caller: Caller, proof: Proof) =>
    unlessBusy(withProof(dependencies, caller, proof, dependencies.store.disable)),

  renewRecoveryCodes: (caller: Caller, proof: Proof) =>
    unlessBusy(withProof(dependencies, caller, proof, dependencies.store.renew)),

  /** Asks another user for no codes any more. n.b. not oneself: that takes the password and a code, as for everybody */
  remove: async (...[userId, act]: Parameters<TotpStore['remove']>) =>
    userId === act.staff.actorId ? ownTotp : dependencies.store.remove(userId, act),
})

type Dependencies = {
  readonly users: UserStore
  readonly credentials: CredentialStore
  readonly passwords: Passwords
  readonly throttle: LoginThrottle
  readonly store: TotpStore
  /** What apps show as the name of the shop. */
  readonly issuer: string
}

const ownTotp: Refusal<'invalidInput'> = {
  kind: 'invalidInput',
  field: 'userId',
  message: 'Switch your own codes off with disableTotp.',
}

type Proof = { readonly password: string; readonly code: string }

const enable = async (
  dependencies: Dependencies,
  caller: Caller,
  password: string,
): Promise<
  TotpSecret | Refusal<'invalidCredentials' | 'tooManyAttempts' | 'totpAlreadyEnabled'> | undefined
> => {
  const asker = await checkCaller(dependencies, caller, password)
  if (asker === undefined || isRefusal(asker)) return asker
  const secret = createTotpSecret()
  const user = await dependencies.store.enable(asker, secret)
  if (user === undefined || isRefusal(user)) return user
  return {
    secret: base32(secret),
    uri: otpauthUri(secret, { issuer: dependencies.issuer, account: shownOf(user) }),
  }
}

const shownOf = ({ email, shownEmail }: UserRow): string => shownEmail ?? email

const withProof = async <Result extends object>(
  dependencies: Dependencies,
  caller: Caller,
  { password, code }: Proof,
  change: (asker: Asker & Caller, code: string) => Promise<Result | undefined>,
) => {
  const asker = await checkCaller(dependencies, caller, password)
  if (asker === undefined || isRefusal(asker)) return asker
  return countingCodes(dependencies, caller.userId, () => change(asker, code))
}

/** The caller, whose password is the one that was given. */
const checkCaller = async (
  { users, credentials, passwords, throttle }: Dependencies,
  caller: Caller,
  password: string,
): Promise<(Asker & Caller) | Refusal<'invalidCredentials' | 'tooManyAttempts'> | undefined> => {
  const [user] = await users.load([caller.userId])
  if (user === undefined) return undefined
  const tries = throttle.passwordChange(caller.userId)
  const credential = await checkPassword({ credentials, passwords }, user.email, password, tries)
  if (isRefusal(credential)) return credential
  await tries.right()
  return { ...caller, passwordHash: credential.passwordHash }
}

/** Tries a code of a signed-in user unless there were too many wrong ones. */
const countingCodes = async <Result extends object>(
  { throttle }: Dependencies,
  userId: string,
  work: () => Promise<Result | undefined>,
): Promise<Result | Refusal<'tooManyCodes'> | undefined> => {
  const tries = throttle.ownCode(userId)
  const waitMs = await tries.takeMs()
  if (waitMs > 0) return { kind: 'tooManyCodes', waitMs }
  const result = await work()
  if (result !== undefined && !isRefusal(result)) await tries.right()
  return result
}
