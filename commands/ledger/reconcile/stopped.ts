import { setTimeout as pause } from 'node:timers/promises'
import { rows } from '@supergraph/postgres/statements.ts'
import { ExpectedError } from '@supergraph/runtime/expected-error.ts'
import { z } from 'zod'
import { reconciledParts, type Shop, sessionNameOf } from './shop.ts'

/** Services are connected to the databases that are to be written. */
export class ServicesRun extends ExpectedError {}

const graceMs = 3_000
const pauseMs = 250

/**
 * Throws ServicesRun if a service is connected to its database. n.b. PostgreSQL shows the sessions of a process that has ended for a
 * moment more
 */
export const assertStopped = async (shop: Shop): Promise<void> => {
  for (const until = Date.now() + graceMs; ; await pause(pauseMs)) {
    const connected = await findConnected(shop)
    if (connected.length === 0) return
    if (Date.now() > until)
      throw new ServicesRun(
        `Stop them first: ${connected.join(', ')} still connected to their databases. What they write meanwhile would be taken for what was lost. (A pooler keeps sessions for a while: end those.)`,
      )
  }
}

const findConnected = async (shop: Shop): Promise<readonly string[]> => {
  const connected: string[] = []
  for (const part of reconciledParts) {
    const sessions = await rows(shop.write[part], z.object({ name: z.string() }), sessionsQuery, [
      part,
      sessionNameOf(part),
    ])
    if (sessions.length > 0) connected.push(`${part} (${sessions.map(({ name }) => name).join(', ')})`)
  }
  return connected
}

const sessionsQuery = `
  select distinct application_name as name from pg_stat_activity
  where datname = current_database() and pid <> pg_backend_pid() and application_name <> $2
    and (application_name = $1 or application_name like $1 || ' %' or application_name like 'listen %')
  order by name`
