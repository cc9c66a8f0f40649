import type { Role } from './role.ts'

const staffScopes = ['catalog:write', 'orders:read', 'orders:manage', 'users:read', 'analytics:read']

const scopesByRole = {
  CUSTOMER: [],
  STAFF: staffScopes,
  ADMIN: [...staffScopes, 'users:manage'],
} satisfies Record<Role, readonly string[]>

/** What a role may do to other people's data; access tokens carry these scopes. */
export const scopesOf = (role: Role): readonly string[] => scopesByRole[role]
