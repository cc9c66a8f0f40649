import type { AccountDeletionResolvers } from '../generated/resolvers.ts'

/** How far the deletion of an account is. */
export const AccountDeletion = {
  waitsFor: ({ carriedOutAt, ordersForgotAt, notificationsForgotAt }) => {
    if (carriedOutAt === null) return ['users']
    return [
      ...(ordersForgotAt === null ? ['orders'] : []),
      ...(notificationsForgotAt === null ? ['notifications'] : []),
    ]
  },
} satisfies AccountDeletionResolvers
