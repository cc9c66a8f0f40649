import { uuidv7 } from '@supergraph/runtime/uuid.ts'
import type { AttemptStore, Suspects } from './database/attempt-store.ts'
import type { CredentialStore } from './database/credential-store.ts'
import type { Session, SessionStore } from './database/session-store.ts'
import type { CredentialRow, UserRow } from './database/tables.ts'
import type { UserStore } from './database/user-store.ts'
import { isAcceptablePassword } from './domain/password.ts'
import {
  type EmailTaken,
  emailTaken,
  type InvalidCredentials,
  type InvalidInput,
  type InvalidRefreshToken,
  invalidCredentials,
  isRefusal,
  type TooManyAttempts,
  tooManyAttempts,
  type WeakPassword,
  weakPassword,
} from './domain/refusals.ts'
import { networkOf } from './domain/throttle.ts'
import { emailAddress, parseRegistration, register } from './domain/user.ts'
import type { Passwords } from './passwords.ts'
import { hashOf } from './refresh-token.ts'

export type Sessions = ReturnType<typeof createSessions>

/** Opens accounts, signs people in, keeps them signed in, and signs them out. */
export const createSessions = ({ users, credentials, attempts, store, passwords }: Dependencies) => {
  /** Checks the password of an account, which need not be; wrong ones count and make the next ones wait. */
  const prove = (
    email: string,
    password: string,
    suspects: Suspects,
  ): Promise<CredentialRow | InvalidCredentials | TooManyAttempts> =>
    unlessBlocked(attempts, suspects, () =>
      passwords.inTurn(matches =>
        // n.b. asked again, since what waited in the queue with this one may have failed meanwhile
        unlessBlocked(attempts, suspects, async () => {
          const credential = await credentials.find(email)
          const isRight = await matches(credential?.passwordHash, password)
          if (credential !== undefined && isRight) return credential
          await attempts.addFailure(suspects, new Date())
          return invalidCredentials
        }),
      ),
    )

  return {
    /** Opens a customer's account and signs it in. */
    register: async (input: unknown): Promise<Session | EmailTaken | WeakPassword | InvalidInput> => {
      const registration = parseRegistration(input)
      if (isRefusal(registration)) return registration
      // n.b. EmailTaken tells it anyway, so a taken address needn't cost a hash; the unique index still decides races
      if (await credentials.find(registration.email)) return emailTaken
      const now = new Date()
      const origin = { userId: uuidv7(now.getTime()), eventId: uuidv7(), now }
      const registered = register(registration, 'CUSTOMER', origin)
      const passwordHash = await passwords.hash(registration.password)
      return (await store.register({ ...registered, passwordHash })) ?? emailTaken
    },

    /** Signs in; neither words nor time tell whether the e-mail address has an account. */
    login: async (
      input: { readonly email: string; readonly password: string },
      clientAddress: string | undefined,
    ): Promise<Session | InvalidCredentials | TooManyAttempts> => {
      // n.b. what is no address is looked up and counted all the same, as one that nobody has
      const email = emailAddress.safeParse(input.email).data ?? hashOf(input.email)
      const suspects = suspectsOf(email, clientAddress)
      const credential = await prove(email, input.password, suspects)
      if (isRefusal(credential)) return credential
      await attempts.forgive(suspects)
      return (await store.begin(credential.userId, credential.passwordHash)) ?? invalidCredentials
    },

    /** The next tokens for a refresh token, which works once. */
    refresh: (refreshToken: string): Promise<Session | InvalidRefreshToken> => store.refresh(refreshToken),

    /** Ends the session of a refresh token; answers how many ended, 0 or 1. */
    end: (refreshToken: string): Promise<number> => store.end(refreshToken),

    /** Ends all sessions of a user, or all but the asking one; undefined where that is over itself. */
    endAll: ({ userId, sessionId }: Asking, isThisKept: boolean): Promise<number | undefined> =>
      store.endAll(userId, sessionId, isThisKept),

    /** Changes a password and ends the user's other sessions; undefined where the asking one is over itself. */
    changePassword: async (
      { userId, sessionId }: Asking,
      { currentPassword, newPassword }: { readonly currentPassword: string; readonly newPassword: string },
      clientAddress: string | undefined,
    ): Promise<PasswordChanged | InvalidCredentials | WeakPassword | TooManyAttempts | undefined> => {
      const [user] = await users.load([userId])
      if (user === undefined) return undefined
      if (!isAcceptablePassword(newPassword, [user.email, user.name])) return weakPassword
      // n.b. not the account's count: who guesses at the sign-in must not keep its owner from changing the password
      const suspects = { 'password-change': userId, network: clientAddress && networkOf(clientAddress) }
      const credential = await prove(user.email, currentPassword, suspects)
      if (isRefusal(credential)) return credential
      await attempts.forgive(suspects)
      const change = { from: credential.passwordHash, to: await passwords.hash(newPassword) }
      return credentials.replace(userId, sessionId, change)
    },
  }
}

/** On whose behalf something is done: a user, signed in by a session. */
export type Asking = { readonly userId: string; readonly sessionId: string }

type PasswordChanged = { readonly user: UserRow; readonly endedSessions: number }

type Dependencies = {
  readonly users: UserStore
  readonly credentials: CredentialStore
  readonly attempts: AttemptStore
  readonly store: SessionStore
  readonly passwords: Passwords
}

const unlessBlocked = async <T>(
  attempts: AttemptStore,
  suspects: Suspects,
  work: () => Promise<T>,
): Promise<T | TooManyAttempts> => {
  const waitMs = await attempts.blockedForMs(suspects, new Date())
  return waitMs > 0 ? tooManyAttempts(waitMs) : work()
}

const suspectsOf = (email: string, clientAddress: string | undefined): Suspects => {
  const network = clientAddress && networkOf(clientAddress)
  return { 'account-from-network': JSON.stringify([email, network ?? null]), network, account: email }
}
