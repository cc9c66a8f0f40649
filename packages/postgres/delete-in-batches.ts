import type { DataSource } from 'typeorm'
import { affected } from './statements.ts'

const rowsPerStatement = 1_000

/**
 * Runs a `delete` of at most `$1` rows, a statement at a time, until it finds fewer rows, so that no statement holds many
 * locks; `values` begin at `$2`. Returns the number of rows.
 */
export const deleteInBatches = async (
  database: DataSource,
  sql: string,
  values: readonly unknown[],
): Promise<number> => {
  for (let total = 0; ; ) {
    const deleted = await affected(database, sql, [rowsPerStatement, ...values])
    total += deleted
    if (deleted < rowsPerStatement) return total
  }
}
