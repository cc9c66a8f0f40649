import { createListLoader, createLoader } from '@supergraph/subgraph/loaders.ts'
import type { Caller } from '@supergraph/subgraph/serve.ts'
import type { AddressStore } from './database/address-store.ts'
import type { RoleStore } from './database/role-store.ts'
import type { UserStore } from './database/user-store.ts'
import type { PasswordResets } from './password-resets/password-resets.ts'
import type { Sessions } from './sessions/sessions.ts'

/** What the resolvers of one request work with. */
export type Context = ReturnType<typeof createContext>

/** What all requests share. */
export type Services = {
  readonly users: UserStore
  readonly addresses: AddressStore
  readonly roles: RoleStore
  readonly sessions: Sessions
  readonly passwordResets: PasswordResets
}

export const createContext = ({ viewer, clientAddress }: Caller, services: Services) => {
  const userById = createLoader(services.users.load, user => user.id)
  const addressesOf = createListLoader(services.addresses.load, address => address.userId)
  return {
    ...services,
    viewer,
    clientAddress,
    /** Ids of the users who registered or signed in within this request. */
    signedIn: new Set<string>(),
    userById,
    addressesOf,
    /** Makes the fields that are resolved after a write read again. */
    forget: () => {
      userById.clearAll()
      addressesOf.clearAll()
    },
  }
}
