import type { CredentialStore } from '../database/credential-store.ts'
import type { DeletionStore } from '../database/deletion-store.ts'
import type { UserStore } from '../database/user-store.ts'
import { isRefusal, type Refusal } from '../domain/refusals.ts'
import type { Passwords } from '../passwords/passwords.ts'
import type { LoginThrottle } from '../sessions/login-throttle.ts'
import { checkPassword, type SessionCaller, unlessBusy } from '../sessions/sessions.ts'
import type { CarryingOut } from './carrying-out.ts'

export type AccountDeletions = ReturnType<typeof createAccountDeletions>

/** Deletes accounts at the wish of their owners. */
export const createAccountDeletions = (dependencies: Dependencies) => ({
  /** Has an account deleted after a time of grace, and ends all its sessions; returns when, or undefined if the caller's has ended. */
  request: (caller: SessionCaller, password: string) => unlessBusy(request(dependencies, caller, password)),

  /** Keeps an account that was to be deleted; returns undefined if the caller's session has ended. */
  cancel: dependencies.store.cancel,

  load: dependencies.store.load,

  underWay: dependencies.store.underWay,
})

type Dependencies = {
  readonly users: UserStore
  readonly credentials: CredentialStore
  readonly throttle: LoginThrottle
  readonly passwords: Passwords
  readonly store: DeletionStore
  readonly carryingOut: CarryingOut
  readonly graceSeconds: number
}

const request = async (
  { users, credentials, throttle, passwords, store, carryingOut, graceSeconds }: Dependencies,
  { userId, sessionId }: SessionCaller,
  password: string,
): Promise<Date | Refusal<'invalidCredentials' | 'lastAdmin' | 'tooManyAttempts'> | undefined> => {
  const [user] = await users.load([userId])
  if (user === undefined) return undefined
  const tries = throttle.passwordChange(userId)
  const credential = await checkPassword({ credentials, passwords }, user.email, password, tries)
  if (isRefusal(credential)) return credential
  await tries.right()
  const { passwordHash } = credential
  const dueAt = await store.request({ userId, sessionId, passwordHash }, graceSeconds)
  if (dueAt instanceof Date) carryingOut.wakeAt(dueAt)
  return dueAt
}
