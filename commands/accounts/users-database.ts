import type { Variables } from '@supergraph/runtime/environment.ts'
import { openUsersDatabase } from '@supergraph/users/database/open.ts'
import { ownDatabaseHelp, readOwnDatabaseUrl } from '../own-database.ts'

/** The lines of a command's help that say which database it uses. */
export const usersDatabaseHelp = ownDatabaseHelp('users')

/** Opens the database of users: the one of DATABASE_URL, else the one of the running `npm start`. */
export const openCommandDatabase = async (command: string, variables: Variables) =>
  openUsersDatabase(await readOwnDatabaseUrl(command, 'users', variables))
