import type { Identity } from '@supergraph/runtime/identity.ts'
import { createListLoader, createLoader } from '@supergraph/subgraph/loaders.ts'
import type { AddressStore } from './database/address-store.ts'
import type { RoleStore } from './database/role-store.ts'
import type { UserStore } from './database/user-store.ts'
import type { Sessions } from './sessions.ts'

/** What the resolvers of one request work with. */
export type Context = ReturnType<typeof createContext>

/** What all requests share. */
export type Services = {
  readonly users: UserStore
  readonly addresses: AddressStore
  readonly roles: RoleStore
  readonly sessions: Sessions
}

export const createContext = (services: Services, { viewer, clientAddress }: Identity) => ({
  ...services,
  viewer,
  clientAddress,
  /** Ids of users who registered or signed in within this very request. */
  signedIn: new Set<string>(),
  userById: createLoader(services.users.load, user => user.id),
  addressesOf: createListLoader(services.addresses.load, address => address.userId),
})
