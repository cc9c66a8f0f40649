/** What a user may be, in ascending order of trust. */
export const roles = ['CUSTOMER', 'STAFF', 'ADMIN'] as const

export type Role = (typeof roles)[number]
