import { totpMissing } from '@supergraph/runtime/identity.ts'
import type { User } from './user.ts'

const staffScopes = ['catalog:write', 'orders:read', 'orders:manage', 'users:read', 'analytics:read']

const scopesByRole = {
  CUSTOMER: [],
  STAFF: staffScopes,
  ADMIN: [...staffScopes, 'users:manage'],
} satisfies Record<User['role'], readonly string[]>

/** What a user is told by in access tokens. */
type Holder = Pick<User, 'role' | 'emailVerified' | 'totpSince'>

/**
 * What a user may do to other people's data, in access tokens; and `email:verified` once the address is known to be theirs. If staff
 * need a second factor, those without one get `totp:missing` in the place of what staff may do.
 */
export const scopesOf = (
  { role, emailVerified, totpSince }: Holder,
  { isStaffTotpRequired }: { readonly isStaffTotpRequired: boolean },
): readonly string[] => {
  const isMissing = isStaffTotpRequired && role !== 'CUSTOMER' && totpSince === null
  const own = isMissing ? [totpMissing] : scopesByRole[role]
  return emailVerified ? [...own, 'email:verified'] : own
}
