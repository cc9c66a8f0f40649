import { createListLoader, createLoader } from '@supergraph/subgraph/loaders.ts'
import type { Caller } from '@supergraph/subgraph/serve.ts'
import type { AddressStore } from './database/address-store.ts'
import type { AuditStore } from './database/audit-store.ts'
import type { RoleStore } from './database/role-store.ts'
import type { UserStore } from './database/user-store.ts'
import type { AccountDeletions } from './deletions/account-deletions.ts'
import type { Emails } from './emails/emails.ts'
import type { MyData } from './exports/my-data.ts'
import type { PasswordResets } from './password-resets/password-resets.ts'
import type { CompleteLogin } from './sessions/complete-login.ts'
import type { Sessions } from './sessions/sessions.ts'
import type { TwoFactor } from './two-factor/two-factor.ts'

/** What the resolvers of one request work with. */
export type Context = ReturnType<typeof createContext>

/** What all requests share. */
export type Services = {
  readonly users: UserStore
  readonly addresses: AddressStore
  readonly roles: RoleStore
  readonly audit: AuditStore
  readonly deletions: AccountDeletions
  readonly myData: Pick<MyData, 'link'>
  readonly sessions: Sessions
  readonly completeLogin: CompleteLogin
  readonly twoFactor: TwoFactor
  readonly passwordResets: PasswordResets
  readonly emails: Emails
}

export const createContext = ({ viewer, clientAddress, clientDevice }: Caller, services: Services) => {
  const userById = createLoader(services.users.load, user => user.id)
  const addressesOf = createListLoader(services.addresses.load, address => address.userId)
  const deletionOf = createLoader(services.deletions.load, deletion => deletion.userId)
  const sessionsOf = createListLoader(services.sessions.load, session => session.userId)
  return {
    ...services,
    viewer,
    clientAddress,
    clientDevice,
    /** Ids of the users who registered or signed in within this request. */
    signedIn: new Set<string>(),
    userById,
    addressesOf,
    sessionsOf,
    deletionOf,
    /** Makes the fields that are resolved after a write read again. */
    forget: () => {
      userById.clearAll()
      addressesOf.clearAll()
      sessionsOf.clearAll()
      deletionOf.clearAll()
    },
  }
}
