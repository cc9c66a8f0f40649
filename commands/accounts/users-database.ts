import { databaseUrl, parseEnvironment, type Variables } from '@supergraph/runtime/environment.ts'
import { openUsersDatabase } from '@supergraph/users/database/open.ts'
import { z } from 'zod'
import { findDatabaseUrl } from '../../embedded/data-directory.ts'
import { readSettings } from '../../embedded/settings.ts'

/** The lines of a command's help that say which database it uses. */
export const usersDatabaseHelp = `DATABASE_URL names the database of users, such as postgres://users:password@127.0.0.1:5432/users;
without it, that of the running npm start is used.`

/** Opens the database of users: the one of DATABASE_URL, else the one of the running `npm start`. */
export const openCommandDatabase = async (command: string, variables: Variables) => {
  const known = await findDatabaseUrl(readSettings(variables), 'users')
  const { DATABASE_URL } = parseEnvironment(command, z.object({ DATABASE_URL: databaseUrl('users') }), {
    ...variables,
    DATABASE_URL: variables.DATABASE_URL || known,
  })
  return openUsersDatabase(DATABASE_URL)
}
