import { boundedQuery } from '@supergraph/postgres/bounded-query.ts'
import { asUnavailable, connectionSettings } from '@supergraph/postgres/connection.ts'
import type { Running } from '@supergraph/runtime/lifecycle.ts'
import { Pool } from 'pg'
import { z } from 'zod'

/** One connection to a database whose outbox somebody looks at. */
export type OutboxSession = Running & {
  /** The rows that a statement returns, each parsed by `shape`; throws `DatabaseUnavailable`. */
  readonly rows: <S extends z.ZodType>(
    shape: S,
    sql: string,
    values?: readonly unknown[],
  ) => Promise<readonly z.output<S>[]>
}

/** Opens a session, which connects when it is first asked; `purpose` names it in errors and to the server. */
export const openOutboxSession = (url: string, purpose: string): OutboxSession => {
  const pool = new Pool({ connectionString: url, max: 1, ...connectionSettings(purpose) })
  // n.b. the pool has already discarded the broken connection and opens another on demand
  pool.on('error', () => {})
  return {
    rows: async (shape, sql, values = []) => {
      const result = await boundedQuery(pool, sql, values).catch((error: unknown) => {
        throw asUnavailable(`the ${purpose}`, url, error) ?? error
      })
      return z.array(shape).parse(result.rows)
    },
    stop: () => pool.end(),
  }
}
