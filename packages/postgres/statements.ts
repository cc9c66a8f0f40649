import { DataSource, type EntityManager, type QueryResult } from 'typeorm'
import { z } from 'zod'

/** What runs a statement: a database, or the manager of a transaction. */
export type Executor = DataSource | EntityManager

/** The rows that a statement returns, each parsed by `shape`; throws UnexpectedRow if one does not fit. */
export const rows = async <S extends z.ZodType>(
  executor: Executor,
  shape: S,
  sql: string,
  values: readonly unknown[] = [],
): Promise<readonly z.output<S>[]> => {
  const { records } = await run(executor, sql, values)
  return records.map(record => parse(shape, record))
}

/** The first row that a statement returns, parsed by `shape`, or undefined. */
export const row = async <S extends z.ZodType>(
  ...statement: Parameters<typeof rows<S>>
): Promise<z.output<S> | undefined> => (await rows(...statement))[0]

/** The number of rows that an insert, update or delete has touched. */
export const affected = async (
  executor: Executor,
  sql: string,
  values: readonly unknown[] = [],
): Promise<number> => (await run(executor, sql, values)).affected ?? 0

/** The names of so many parameters, such as `$3, $4`. */
export const parametersFrom = (first: number, count: number): string =>
  Array.from({ length: count }, (_, index) => `$${first + index}`).join(', ')

/** A statement returned a row of another shape than its caller declares; the message says where, without the values. */
export class UnexpectedRow extends Error {
  override readonly name = 'UnexpectedRow'
}

const parse = <S extends z.ZodType>(shape: S, record: unknown): z.output<S> => {
  const result = shape.safeParse(record)
  if (result.success) return result.data
  throw new UnexpectedRow(`A statement returned an unexpected row: ${z.prettifyError(result.error)}`, {
    cause: result.error,
  })
}

// n.b. only a query runner tells how many rows an insert has touched
const run = async (
  executor: Executor,
  sql: string,
  values: readonly unknown[],
): Promise<QueryResult<unknown>> => {
  const { queryRunner, dataSource } = executor instanceof DataSource ? executor.manager : executor
  if (queryRunner !== undefined) return queryRunner.query(sql, [...values], true)
  const runner = dataSource.createQueryRunner()
  try {
    return await runner.query(sql, [...values], true)
  } finally {
    await runner.release()
  }
}
