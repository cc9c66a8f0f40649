import { uuidv7 } from '@supergraph/runtime/uuid.ts'
import type { AttemptSources, AttemptStore } from '../database/attempt-store.ts'
import type { CredentialStore, PasswordChanged } from '../database/credential-store.ts'
import type { SessionStore, SignedIn } from '../database/session-store.ts'
import type { CredentialRow } from '../database/tables.ts'
import type { UserStore } from '../database/user-store.ts'
import { isAcceptablePassword } from '../domain/password.ts'
import { hashOf } from '../domain/refresh-token.ts'
import { isRefusal, type Refusal } from '../domain/refusals.ts'
import { networkOf } from '../domain/throttle.ts'
import { emailAddress, type Registration, register } from '../domain/user.ts'
import type { Passwords } from '../passwords/passwords.ts'

export type Sessions = ReturnType<typeof createSessions>

/** Opens accounts, signs people in, keeps them signed in, and signs them out. */
export const createSessions = (dependencies: Dependencies) => ({
  /** Opens a customer's account and signs it in. */
  register: (registration: Registration) => registerCustomer(dependencies, registration),

  /** Signs in; neither words nor time tell whether the e-mail address has an account. */
  login: (login: Login, clientAddress: string | undefined) => signIn(dependencies, login, clientAddress),

  /** Returns the next tokens for a refresh token, which works once. */
  refresh: (refreshToken: string) => dependencies.store.refresh(refreshToken),

  /** Ends the session of a refresh token; returns how many ended, 0 or 1. */
  end: (refreshToken: string): Promise<number> => dependencies.store.end(refreshToken),

  /** Ends all sessions of a user, or all but the caller's; returns undefined if the caller's session has ended. */
  endAll: ({ userId, sessionId }: SessionCaller, isThisKept: boolean): Promise<number | undefined> =>
    dependencies.store.endAll(userId, sessionId, isThisKept),

  /** Changes a password and ends the user's other sessions; returns undefined if the caller's session has ended. */
  changePassword: (caller: SessionCaller, passwords: NewPassword, clientAddress: string | undefined) =>
    changePassword(dependencies, caller, passwords, clientAddress),
})

/** Who calls: a user, signed in by a session. */
export type SessionCaller = { readonly userId: string; readonly sessionId: string }

type Login = { readonly email: string; readonly password: string }
type NewPassword = { readonly currentPassword: string; readonly newPassword: string }

type Dependencies = {
  readonly users: UserStore
  readonly credentials: CredentialStore
  readonly attempts: AttemptStore
  readonly store: SessionStore
  readonly passwords: Passwords
}

const registerCustomer = async (
  { credentials, store, passwords }: Dependencies,
  registration: Registration,
): Promise<SignedIn | Refusal<'emailTaken' | 'weakPassword'>> => {
  const { email, name, password } = registration
  if (!isAcceptablePassword(password, [email, name])) return { kind: 'weakPassword' }
  // n.b. the refusal names a taken address anyway, so it needn't cost a hash; the unique index still decides races
  if (await credentials.find(email)) return { kind: 'emailTaken' }
  const now = new Date()
  const origin = { userId: uuidv7(now.getTime()), eventId: uuidv7(), now }
  const registered = register(registration, 'CUSTOMER', origin)
  const passwordHash = await passwords.hash(password)
  return (await store.register({ ...registered, passwordHash })) ?? { kind: 'emailTaken' }
}

const signIn = async (
  dependencies: Dependencies,
  { email: typed, password }: Login,
  clientAddress: string | undefined,
): Promise<SignedIn | Refusal<'invalidCredentials' | 'tooManyAttempts'>> => {
  // n.b. a text that is no address is looked up and counted all the same, as an address that nobody has
  const email = emailAddress.safeParse(typed).data ?? hashOf(typed)
  const network = clientAddress && networkOf(clientAddress)
  const sources = {
    'account-from-network': JSON.stringify([email, network ?? null]),
    network,
    account: email,
  }
  const credential = await checkPassword(dependencies, email, password, sources)
  if (isRefusal(credential)) return credential
  await dependencies.attempts.forgive(sources)
  const { userId, passwordHash } = credential
  return (await dependencies.store.begin(userId, passwordHash)) ?? { kind: 'invalidCredentials' }
}

const changePassword = async (
  dependencies: Dependencies,
  { userId, sessionId }: SessionCaller,
  { currentPassword, newPassword }: NewPassword,
  clientAddress: string | undefined,
): Promise<
  PasswordChanged | Refusal<'invalidCredentials' | 'weakPassword' | 'tooManyAttempts'> | undefined
> => {
  const { users, credentials, attempts, passwords } = dependencies
  const [user] = await users.load([userId])
  if (user === undefined) return undefined
  if (!isAcceptablePassword(newPassword, [user.email, user.name])) return { kind: 'weakPassword' }
  // n.b. not the account's count: somebody who guesses at the sign-in must not keep the owner from changing the password
  const sources = { 'password-change': userId, network: clientAddress && networkOf(clientAddress) }
  const credential = await checkPassword(dependencies, user.email, currentPassword, sources)
  if (isRefusal(credential)) return credential
  await attempts.forgive(sources)
  const change = { from: credential.passwordHash, to: await passwords.hash(newPassword) }
  return credentials.replace(userId, sessionId, change)
}

/** Checks the password of an account, which need not exist; wrong passwords count and delay the next ones. */
const checkPassword = (
  { credentials, attempts, passwords }: Dependencies,
  email: string,
  password: string,
  sources: AttemptSources,
): Promise<CredentialRow | Refusal<'invalidCredentials' | 'tooManyAttempts'>> =>
  unlessBlocked(attempts, sources, () =>
    passwords.inTurn(matches =>
      // n.b. asked again, since other passwords of these sources may have failed while this one waited for its turn
      unlessBlocked(attempts, sources, async () => {
        const credential = await credentials.find(email)
        const isRight = await matches(credential?.passwordHash, password)
        if (credential !== undefined && isRight) return credential
        await attempts.addFailure(sources, new Date())
        return { kind: 'invalidCredentials' }
      }),
    ),
  )

const unlessBlocked = async <T>(
  attempts: AttemptStore,
  sources: AttemptSources,
  work: () => Promise<T>,
): Promise<T | Refusal<'tooManyAttempts'>> => {
  const waitMs = await attempts.blockedForMs(sources, new Date())
  return waitMs > 0 ? { kind: 'tooManyAttempts', waitMs } : work()
}
