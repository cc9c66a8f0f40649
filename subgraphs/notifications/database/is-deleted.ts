/** SQL that is true for users whose account was deleted; `userId` is SQL for their id. */
export const isDeleted = (userId: string): string =>
  `exists (select from deleted_users where deleted_users.user_id = ${userId})`
