import { uuidv7 } from '@supergraph/runtime/uuid.ts'
import type { AccessTokens } from './access-tokens.ts'
import type { UserRow } from './database/tables.ts'
import type { UserStore } from './database/user-store.ts'
import {
  type EmailTaken,
  emailTaken,
  type InvalidCredentials,
  type InvalidInput,
  invalidCredentials,
  isRefusal,
  type WeakPassword,
} from './domain/refusals.ts'
import { emailAddress, parseRegistration, register } from './domain/user.ts'
import type { Passwords } from './passwords.ts'

/** A user who has just proved who they are, and the token to say so with. */
export type Session = { readonly user: UserRow; readonly accessToken: string; readonly expiresAt: Date }

export type Sessions = ReturnType<typeof createSessions>

/** Opens accounts and signs people in. */
export const createSessions = ({ users, passwords, accessTokens }: Dependencies) => {
  const open = async (user: UserRow): Promise<Session> => ({
    user,
    ...(await accessTokens.issue(user, new Date())),
  })
  return {
    /** Opens a customer's account and signs it in. */
    register: async (input: unknown): Promise<Session | EmailTaken | WeakPassword | InvalidInput> => {
      const registration = parseRegistration(input)
      if (isRefusal(registration)) return registration
      const now = new Date()
      const origin = { userId: uuidv7(now.getTime()), eventId: uuidv7(), now }
      const registered = register(registration, 'CUSTOMER', origin)
      const passwordHash = await passwords.hash(registration.password)
      const isNew = await users.insert({ ...registered, passwordHash })
      return isNew ? open(registered.user) : emailTaken
    },

    /** Signs in; how long it takes doesn't tell whether the e-mail address has an account. */
    login: async (input: Credentials): Promise<Session | InvalidCredentials> => {
      const email = emailAddress.safeParse(input.email)
      // n.b. what is no address is looked up all the same, as one that nobody has
      const credential = await users.credentials(email.success ? email.data : '')
      const matches = await passwords.matches(credential?.passwordHash, input.password)
      if (credential === undefined || !matches) return invalidCredentials
      const [user] = await users.load([credential.userId])
      return user === undefined ? invalidCredentials : open(user)
    },
  }
}

type Credentials = { readonly email: string; readonly password: string }

type Dependencies = {
  readonly users: UserStore
  readonly passwords: Passwords
  readonly accessTokens: AccessTokens
}
