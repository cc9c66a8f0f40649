import { expect, it } from 'vitest'
import type { Role } from './role.ts'
import { scopesOf } from './scopes.ts'

const holder = { role: 'CUSTOMER', emailVerified: false, totpSince: null } as const
const of = (role: Role, own: object = {}, isStaffTotpRequired = false) =>
  scopesOf({ ...holder, role, ...own }, { isStaffTotpRequired })

it('lets customers do their own things alone, staff run the shop, and admins manage users besides', () => {
  expect(of('CUSTOMER')).toEqual([])
  expect(of('STAFF')).toEqual([
    'catalog:write',
    'orders:read',
    'orders:manage',
    'users:read',
    'analytics:read',
  ])
  expect(of('ADMIN')).toEqual([...of('STAFF'), 'users:manage'])
})

it('tells whose address is known to be theirs', () => {
  expect(of('CUSTOMER', { emailVerified: true })).toEqual(['email:verified'])
})

it.each([
  'STAFF',
  'ADMIN',
] as const)('lets %s do nothing of the shop without a second factor, if they need one', role => {
  expect(of(role, {}, true)).toEqual(['totp:missing'])
  expect(of(role, { emailVerified: true }, true)).toEqual(['totp:missing', 'email:verified'])
  expect(of(role, { totpSince: new Date() }, true)).toEqual(of(role))
  expect(of('CUSTOMER', {}, true)).toEqual([])
})
