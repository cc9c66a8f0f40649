import { expect, it } from 'vitest'
import { scopesOf } from './scopes.ts'

it('lets customers do their own things alone, staff run the shop, and admins manage users besides', () => {
  expect(scopesOf('CUSTOMER')).toEqual([])
  expect(scopesOf('STAFF')).toEqual([
    'catalog:write',
    'orders:read',
    'orders:manage',
    'users:read',
    'analytics:read',
  ])
  expect(scopesOf('ADMIN')).toEqual([...scopesOf('STAFF'), 'users:manage'])
})
