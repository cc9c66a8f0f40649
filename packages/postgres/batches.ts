import type { DataSource } from 'typeorm'
import { affected } from './statements.ts'

const rowsPerBatch = 1_000

/**
 * Runs a `delete` that removes at most `$1` rows, 1,000 at a time, until there are no more, so that none of its
 * transactions is long; `values` begin with `$2`. Returns the number of rows. n.b. The rows should be named by an array of their
 * keys: of a join, the planner may rather read the whole table than a thousand rows by key.
 */
export const deleteInBatches = async (
  database: DataSource,
  sql: string,
  values: readonly unknown[],
): Promise<number> => {
  for (let total = 0; ; ) {
    const deleted = await affected(database, sql, [rowsPerBatch, ...values])
    total += deleted
    if (deleted < rowsPerBatch) return total
  }
}
