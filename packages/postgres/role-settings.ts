import { codeOf, messageOf } from '@supergraph/runtime/error-text.ts'
import { type Client, escapeIdentifier } from 'pg'
import { z } from 'zod'
import { addressOf, DatabaseUnavailable } from './connection.ts'
import { withConnection } from './pooler.ts'

/** Values as `pg_settings` has them: numbers of ms, `on` and `off`. */
export type RoleSettings = Readonly<Record<string, string>>

/** Which of the settings a session does not have, and whose they are. */
type Wrong = {
  readonly role: string
  readonly database: string
  readonly values: RoleSettings
}

const attempts = 100
const settingsKey = 7_305_805_644
const concurrentUpdate = 'XX000'

/**
 * Sees to it that the sessions behind a pooler have these settings, by making them the role's own in this database: a pooler
 * refuses or drops what a connection asks for when it opens. Throws `DatabaseUnavailable`, one line that says what is set,
 * what was expected, and which statements to run.
 */
export const ensureRoleSettings = async (
  service: string,
  url: string,
  settings: RoleSettings,
): Promise<void> => {
  const refuse = (wrong: Wrong, reason: string, cause?: unknown) =>
    new DatabaseUnavailable(
      `The database of ${service} at ${addressOf(url)} is behind a pooler, whose sessions have ${listed(wrong.values)} where ${listed(settings)} is expected, ${reason}`,
      { cause },
    )
  let isSet = false
  for (let attempt = 0; ; attempt += 1) {
    const wrong = await withConnection(url, service, async client => {
      await client.query('begin')
      const wrong = await findWrong(client, settings)
      if (wrong === undefined) return undefined
      if (attempt === attempts)
        throw refuse(wrong, 'although the role has it: let the pooler open its sessions anew (RECONNECT).')
      const statements = statementsFor(wrong, settings)
      // n.b. a session keeps the settings that the role had when it began; nobody else can be using this one now
      if (isSet) await client.query('select pg_terminate_backend(pg_backend_pid())').catch(() => {})
      else
        isSet = await setForRole(client, statements).catch((error: unknown) => {
          const reason = `which the role could not set (${messageOf(error)}): run ${statements} as an administrator.`
          throw refuse(wrong, reason, error)
        })
      return wrong
    })
    if (wrong === undefined) return
  }
}

/** Whether it is done; not if somebody else has changed the role's settings at the same time. */
const setForRole = async (client: Client, statements: string): Promise<boolean> => {
  try {
    await client.query('select pg_advisory_xact_lock($1)', [settingsKey])
    await client.query(statements)
    await client.query('commit')
    return true
  } catch (error) {
    if (codeOf(error) === concurrentUpdate) return false
    throw error
  }
}

const findWrong = async (client: Client, settings: RoleSettings): Promise<Wrong | undefined> => {
  const { rows } = await client.query(
    'select name, setting, current_user as role, current_database() as database from pg_settings where name = any($1)',
    [Object.keys(settings)],
  )
  const found = z.array(settingRow).parse(rows)
  const wrong = found.filter(({ name, setting }) => setting !== settings[name])
  const [first] = wrong
  if (first === undefined) return undefined
  const { role, database } = first
  return { role, database, values: Object.fromEntries(wrong.map(({ name, setting }) => [name, setting])) }
}

const settingRow = z.object({
  name: z.string(),
  setting: z.string(),
  role: z.string(),
  database: z.string(),
})

const statementsFor = ({ role, database }: Wrong, settings: RoleSettings): string =>
  Object.entries(settings)
    .map(
      ([name, value]) =>
        `ALTER ROLE ${escapeIdentifier(role)} IN DATABASE ${escapeIdentifier(database)} SET ${name} = '${value}'`,
    )
    .join('; ')

const listed = (settings: RoleSettings): string =>
  Object.entries(settings)
    .map(([name, value]) => `${name}=${value}`)
    .join(', ')
