import { z } from 'zod'
import type { Database } from './databases.ts'
import type { Totals } from './totals.ts'
import type { Violation } from './violations.ts'

/** One kind of thing that is checked, such as orders: all of them in pages, or some of them again. */
export type Subject = {
  /** The approximate number of all of them. */
  readonly count: () => Promise<number>
  /** The ids of all of them. */
  readonly pages: () => AsyncIterable<readonly string[]>
  readonly check: (ids: readonly string[]) => Promise<readonly CheckedSubject[]>
}

/** What a check says about one order, product, user or event. */
export type CheckedSubject = {
  readonly id: string
  readonly violations: readonly Violation[]
  readonly totals: Partial<Totals>
}

export const noUuid = '00000000-0000-0000-0000-000000000000'

const rowsPerPage = 2_000

const idRow = z.object({ id: z.string(), key: z.string().optional() })

/**
 * The ids that a statement selects, in pages. The statement orders its rows by `key`, or by `id` if it has no `key`, and
 * takes the last value of the page before as $1 and the number of rows as $2.
 */
export async function* idPages(
  database: Database,
  sql: string,
  first: string = noUuid,
): AsyncGenerator<readonly string[]> {
  for (let after = first; ; ) {
    const rows = await database.rows(idRow, sql, [after, rowsPerPage])
    const last = rows.at(-1)
    if (last === undefined) return
    yield [...new Set(rows.map(({ id }) => id))]
    // n.b. new rows come after the last page: without this end, a busy shop would be read for ever
    if (rows.length < rowsPerPage) return
    after = last.key ?? last.id
  }
}

const countRow = z.object({ count: z.number() })

/** About how many rows a table has, as PostgreSQL has last counted them. */
export const countRows = async (database: Database, table: string): Promise<number> => {
  const [row] = await database.rows(
    countRow,
    'select greatest(reltuples, 0)::float8 as count from pg_class where oid = to_regclass($1)',
    [table],
  )
  return row?.count ?? 0
}
