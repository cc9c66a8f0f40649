import { databaseVariables, parseEnvironment, type Variables } from '@supergraph/runtime/environment.ts'
import { z } from 'zod'
import { findDatabaseUrl } from '../embedded/data-directory.ts'
import { readSettings } from '../embedded/settings.ts'
import { databaseNameOf, type StatefulName } from '../services.ts'

/** The lines of a command's help that say which database it uses. */
export const ownDatabaseHelp = (name: StatefulName): string => {
  const database = databaseNameOf(name)
  return `DATABASE_URL names the database of ${name}, such as postgres://${database}:password@127.0.0.1:5432/${database};
without it, that of the running npm start is used. If it leads to a pooler, DATABASE_DIRECT_URL names PostgreSQL itself.`
}

/**
 * The URL of the one database that a command works on: DATABASE_DIRECT_URL, else DATABASE_URL, else that of the running
 * `npm start`.
 */
export const readOwnDatabaseUrl = async (
  command: string,
  name: StatefulName,
  variables: Variables,
): Promise<string> => {
  const known = await findDatabaseUrl(readSettings(variables), name)
  const { DATABASE_URL, DATABASE_DIRECT_URL } = parseEnvironment(
    command,
    z.object(databaseVariables(databaseNameOf(name))),
    { ...variables, DATABASE_URL: variables.DATABASE_URL || known },
  )
  return DATABASE_DIRECT_URL ?? DATABASE_URL
}
