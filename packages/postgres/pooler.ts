import { randomUUID } from 'node:crypto'
import { codeOf } from '@supergraph/runtime/error-text.ts'
import { Client, type QueryConfig } from 'pg'
import { z } from 'zod'
import { addressOf, connectionSettings, DatabaseUnavailable } from './connection.ts'

/** What stands between this process and PostgreSQL, and hands its sessions to several connections. */
export type Pooler = {
  /** Whether a connection keeps its session: only so do LISTEN, SET and locks of a session hold. */
  readonly keepsSessions: boolean
  /** Whether a connection finds the statements that it has named, whatever session it has. */
  readonly keepsStatements: boolean
}

const rounds = 3
const answerWithinMs = 5_000

/** Whether a connection leads to a pooler: one tells its clients another process id than that of the session. */
export const isPooled = async (client: Client): Promise<boolean> => {
  const { processID } = z.object({ processID: z.unknown() }).parse(client)
  return processID !== (await sessionOf(client))
}

/**
 * Finds out what the pooler at a URL does for its clients, by two connections: whether one loses its session to the other,
 * and whether it then still finds a statement. Throws if the pooler allows no transactions, or no second connection.
 */
export const examinePooler = (url: string): Promise<Pooler> =>
  withConnection(url, 'pooler check', one =>
    withConnection(url, 'pooler check', async other => {
      const named = { name: `check_${randomUUID()}`, text: sessionStatement, values: [] }
      const preparedIn = await sessionOf(one, named)
      let isShared = false
      for (let round = 0; round < rounds; round += 1) {
        const had = await sessionOf(one)
        await other.query('begin')
        const taken = await sessionOf(other)
        isShared ||= had !== preparedIn || taken === had || taken === preparedIn
        // n.b. while the other connection has the session of the statement, this one gets another
        const found = await sessionOf(one, named).catch((error: unknown) => {
          if (isShared || codeOf(error) === invalidStatement) return undefined
          throw error
        })
        // n.b. nobody else would
        if (found === undefined) await other.query(`deallocate "${named.name}"`).catch(() => {})
        await other.query('rollback')
        if (found === undefined) return { keepsSessions: false, keepsStatements: false }
        if (found !== preparedIn) return { keepsSessions: false, keepsStatements: true }
      }
      return { keepsSessions: !isShared, keepsStatements: !isShared }
    }),
  )

/** Throws `DatabaseUnavailable`, which names the setting, if the URL of a connection that must keep its session leads to one that does not. */
export const assertKeepsSession = async (client: Client, owner: string, url: string): Promise<void> => {
  if (!(await isPooled(client))) return
  const { keepsSessions } = await examinePooler(url)
  if (!keepsSessions) throw new DatabaseUnavailable(losesSessions(owner, url))
}

/** What to do about a URL that leads to a pooler which takes a session away between transactions. */
export const losesSessions = (owner: string, url: string): string =>
  `The database of ${owner} at ${addressOf(url)} is behind a pooler that takes a session away after each transaction, so that migrations and LISTEN fail there: put the URL of PostgreSQL itself into DATABASE_DIRECT_URL (with npm start, into the service's own *_DATABASE_DIRECT_URL).`

/** Does something on a connection of its own, which need not keep its session. */
export const withConnection = async <Result>(
  url: string,
  purpose: string,
  use: (client: Client) => Promise<Result>,
): Promise<Result> => {
  const client = new Client({
    connectionString: url,
    ...connectionSettings(purpose),
    query_timeout: answerWithinMs,
  })
  // n.b. without a listener the error would end the process; the next statement throws it
  client.on('error', () => {})
  await client.connect()
  try {
    return await use(client)
  } finally {
    await client.end().catch(() => {})
  }
}

const invalidStatement = '26000'
const sessionStatement = 'select pg_backend_pid() as pid'

const sessionOf = async (
  client: Client,
  statement: string | QueryConfig = sessionStatement,
): Promise<number> => {
  const { rows } = await client.query(statement)
  return found.parse(rows)[0].pid
}

const found = z.tuple([z.object({ pid: z.int() })])
