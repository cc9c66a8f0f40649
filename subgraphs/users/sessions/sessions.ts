import { uuidv7 } from '@supergraph/runtime/uuid.ts'
import { emailAddress } from '@supergraph/schema/email-address.ts'
import type { CredentialStore, PasswordChanged } from '../database/credential-store.ts'
import type { SignedIn } from '../database/session-beginnings.ts'
import type { SessionStore } from '../database/session-store.ts'
import type { CredentialRow } from '../database/tables.ts'
import type { UserStore } from '../database/user-store.ts'
import { isAcceptablePassword } from '../domain/password.ts'
import { hashOf } from '../domain/refresh-token.ts'
import { isRefusal, type Refusal } from '../domain/refusals.ts'
import type { SessionOrigin } from '../domain/session.ts'
import { type Registration, register } from '../domain/user.ts'
import { type Passwords, PasswordsBusy } from '../passwords/passwords.ts'
import type { LoginThrottle, Tries } from './login-throttle.ts'

export type Sessions = ReturnType<typeof createSessions>

/** Opens accounts, signs people in, keeps them signed in, and signs them out. */
export const createSessions = (dependencies: Dependencies) => ({
  /** Opens a customer's account and signs it in. */
  register: (registration: Registration, origin: SessionOrigin) =>
    unlessBusy(registerCustomer(dependencies, registration, origin)),

  /** Signs in; neither words nor time tell whether the e-mail address has an account. */
  login: (login: Login, origin: SessionOrigin) => unlessBusy(signIn(dependencies, login, origin)),

  /** Returns the next tokens for a refresh token, which works once, or again for a moment under the same key. */
  refresh: (refreshToken: string, idempotencyKey: string | undefined) =>
    dependencies.store.refresh(refreshToken, idempotencyKey),

  /** Ends the session of a refresh token; returns how many ended, 0 or 1. */
  end: (refreshToken: string): Promise<number> => dependencies.store.end(refreshToken),

  /** Ends all sessions of a user, or all but the caller's; returns undefined if the caller's session has ended. */
  endAll: ({ userId, sessionId }: SessionCaller, isThisKept: boolean): Promise<number | undefined> =>
    dependencies.store.endAll(userId, sessionId, isThisKept),

  load: dependencies.store.load,

  /** Ends a session of the caller's own; returns 0 for any other, and undefined if the caller's session has ended. */
  endOne: ({ userId, sessionId }: SessionCaller, endedId: string): Promise<number | undefined> =>
    dependencies.store.endOne(userId, sessionId, endedId),

  /** Changes a password and ends the user's other sessions; returns undefined if the caller's session has ended. */
  changePassword: (caller: SessionCaller, passwords: NewPassword) =>
    unlessBusy(changePassword(dependencies, caller, passwords)),
})

/** Who calls: a user, signed in by a session. */
export type SessionCaller = { readonly userId: string; readonly sessionId: string }

type Login = { readonly email: string; readonly password: string }
type NewPassword = { readonly currentPassword: string; readonly newPassword: string }

type Dependencies = {
  readonly users: UserStore
  readonly credentials: CredentialStore
  readonly throttle: LoginThrottle
  readonly store: SessionStore
  readonly passwords: Passwords
}

const busyWaitMs = 2_000

const registerCustomer = async (
  { credentials, store, passwords, throttle }: Dependencies,
  registration: Registration,
  origin: SessionOrigin,
): Promise<SignedIn | Refusal<'emailTaken' | 'weakPassword' | 'tooManyRegistrations'>> => {
  const { email, name, password } = registration
  if (!isAcceptablePassword(password, [email.canonical, email.shown, name])) return { kind: 'weakPassword' }
  // n.b. counted even if the address is taken: the answer tells who has an account
  const waitMs = await throttle.registrationWaitMs(origin.network)
  if (waitMs > 0) return { kind: 'tooManyRegistrations', waitMs }
  // n.b. the refusal names a taken address anyway, so it needn't cost a hash; the unique index still decides races
  if (await credentials.find(email.canonical)) return { kind: 'emailTaken' }
  const now = new Date()
  const ids = { userId: uuidv7(now.getTime()), eventId: uuidv7() }
  const registered = register(registration, 'CUSTOMER', { ...ids, now })
  const passwordHash = await passwords.hash(password)
  const signedIn = await store.register({ ...registered, passwordHash }, origin)
  if (signedIn === undefined) return { kind: 'emailTaken' }
  await throttle.registered(email.canonical, origin.network)
  return signedIn
}

const signIn = async (
  dependencies: Dependencies,
  { email: typed, password }: Login,
  origin: SessionOrigin,
): Promise<SignedIn | Refusal<'invalidCredentials' | 'tooManyAttempts' | 'totpRequired'>> => {
  const email = lookedUp(typed)
  const tries = dependencies.throttle.login(email, origin.network)
  const credential = await checkPassword(dependencies, email, password, tries)
  if (isRefusal(credential)) return credential
  const { userId, passwordHash } = credential
  const signedIn = await dependencies.store.begin(userId, passwordHash, origin)
  // n.b. if a code is missing, the network is not familiar before it has come
  if (signedIn !== undefined && !isRefusal(signedIn)) await tries.right()
  return signedIn ?? { kind: 'invalidCredentials' }
}

/** n.b. a text that is no address is looked up and counted all the same, as an address that nobody has. */
const lookedUp = (typed: string): string => {
  const parsed = emailAddress.safeParse(typed).data
  if (parsed !== undefined) return parsed.canonical
  const text = typed.trim().toLowerCase()
  // n.b. accounts of before may have addresses that nobody could register today
  return /^[\x21-\x7e]{1,254}$/.test(text) ? text : hashOf(typed)
}

const changePassword = async (
  { users, credentials, throttle, passwords }: Dependencies,
  { userId, sessionId }: SessionCaller,
  { currentPassword, newPassword }: NewPassword,
): Promise<
  PasswordChanged | Refusal<'invalidCredentials' | 'weakPassword' | 'tooManyAttempts'> | undefined
> => {
  const [user] = await users.load([userId])
  if (user === undefined) return undefined
  const known = [user.email, user.shownEmail ?? user.email, user.name]
  if (!isAcceptablePassword(newPassword, known)) return { kind: 'weakPassword' }
  const tries = throttle.passwordChange(userId)
  const credential = await checkPassword({ credentials, passwords }, user.email, currentPassword, tries)
  if (isRefusal(credential)) return credential
  await tries.right()
  const change = { from: credential.passwordHash, to: await passwords.hash(newPassword) }
  return credentials.replace(userId, sessionId, change)
}

/** Checks the password of an account, which need not exist; wrong passwords count and delay the next ones. */
export const checkPassword = (
  { credentials, passwords }: Pick<Dependencies, 'credentials' | 'passwords'>,
  email: string,
  password: string,
  tries: Tries,
): Promise<CredentialRow | Refusal<'invalidCredentials' | 'tooManyAttempts'>> =>
  unlessBlocked(tries, () =>
    passwords.inTurn(matches =>
      // n.b. asked again, since other passwords for this account may have failed while this one waited for its turn
      unlessBlocked(tries, async () => {
        const credential = await credentials.find(email)
        const isRight = await matches(credential?.passwordHash, password)
        if (credential !== undefined && isRight) return credential
        await tries.wrong()
        return { kind: 'invalidCredentials' }
      }),
    ),
  )

const unlessBlocked = async <T>(
  tries: Tries,
  work: () => Promise<T>,
): Promise<T | Refusal<'tooManyAttempts'>> => {
  const waitMs = await tries.waitMs()
  return waitMs > 0 ? { kind: 'tooManyAttempts', waitMs } : work()
}

/** Work with passwords, or the refusal that too many wait for it. */
export const unlessBusy = <T>(work: Promise<T>): Promise<T | Refusal<'busy'>> =>
  work.catch((error: unknown) => {
    if (error instanceof PasswordsBusy) return { kind: 'busy', waitMs: busyWaitMs }
    throw error
  })
