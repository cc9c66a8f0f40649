import type { Pool, QueryResult, QueryResultRow } from 'pg'
import { setLimits, waitLimits } from './connection.ts'

/** How the transaction of a statement begins, and its limits in ms. */
type Bounds = { readonly begin?: string; readonly limits?: Readonly<Record<string, number>> }

/**
 * Runs one statement in a transaction that bounds each kind of waiting. It leaves nothing on its session, so that the pool may
 * lead to a pooler.
 */
export const boundedQuery = async <Row extends QueryResultRow>(
  pool: Pool,
  sql: string,
  values: readonly unknown[] = [],
  { begin = 'start transaction', limits = waitLimits }: Bounds = {},
): Promise<QueryResult<Row>> => {
  const client = await pool.connect()
  // n.b. an error without a listener would end the process; the statement throws it
  const ignore = () => {}
  client.on('error', ignore)
  let failure: Error | undefined
  try {
    await client.query(`${begin}; ${setLimits(limits, 'local')}`)
    const result = await client.query<Row>(sql, [...values])
    await client.query('commit')
    return result
  } catch (error) {
    failure = error instanceof Error ? error : new Error(String(error))
    throw error
  } finally {
    // n.b. a connection whose statement has failed is closed, which rolls back
    client.off('error', ignore)
    client.release(failure)
  }
}
