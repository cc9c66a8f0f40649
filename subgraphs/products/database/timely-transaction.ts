import { remainingMs } from '@supergraph/runtime/deadline.ts'
import { codeOf } from '@supergraph/runtime/error-text.ts'
import { GraphQLError } from 'graphql'
import type { DataSource, EntityManager, QueryRunner } from 'typeorm'

const longestStatementMs = 15_000
const longestLockMs = 5_000

/**
 * Runs a transaction for a caller who waits until `deadlineAtMs`. It does not begin later, and no statement, and so no
 * lock, waits longer. If it can't be done in time, it is rolled back and throws DEADLINE_EXCEEDED. An outcome that is not
 * to be kept is rolled back too.
 */
export const inTimelyTransaction = <T>(
  database: DataSource,
  deadlineAtMs: number,
  run: (manager: EntityManager) => Promise<T>,
  isKept: (outcome: T) => boolean = () => true,
): Promise<T> =>
  withTimelySession(database, deadlineAtMs, async (runner, leftMs) => {
    try {
      await runner.startTransaction()
      if (leftMs < longestStatementMs) await runner.query(`set local statement_timeout = ${leftMs}`)
      const outcome = await run(runner.manager)
      await (isKept(outcome) ? runner.commitTransaction() : runner.rollbackTransaction())
      return outcome
    } catch (error) {
      if (runner.isTransactionActive) await runner.rollbackTransaction().catch(() => undefined)
      throw error
    }
  })

/**
 * Runs one statement, which is a transaction of its own, for a caller who waits until `deadlineAtMs`. It does not begin
 * later, and must wait for no lock longer than `lockTimeoutMs`. If it can't be done in time, it throws DEADLINE_EXCEEDED.
 */
export const inTimelyStatement = <T>(
  database: DataSource,
  deadlineAtMs: number,
  run: (manager: EntityManager, lockTimeoutMs: number) => Promise<T>,
): Promise<T> =>
  withTimelySession(database, deadlineAtMs, (runner, leftMs) =>
    run(runner.manager, Math.min(leftMs, longestLockMs)),
  )

const withTimelySession = async <T>(
  database: DataSource,
  deadlineAtMs: number,
  use: (runner: QueryRunner, leftMs: number) => Promise<T>,
): Promise<T> => {
  requireTime(deadlineAtMs)
  const runner = database.createQueryRunner()
  try {
    // n.b. waits if every connection is busy
    await runner.connect()
    return await use(runner, Math.ceil(requireTime(deadlineAtMs)))
  } catch (error) {
    throw timeouts.includes(codeOf(error)) ? deadlineExceeded() : error
  } finally {
    await runner.release()
  }
}

/** The milliseconds until a deadline; throws DEADLINE_EXCEEDED once it has passed. */
const requireTime = (deadlineAtMs: number): number => {
  const leftMs = remainingMs(deadlineAtMs)
  if (leftMs === 0) throw deadlineExceeded()
  return leftMs
}

/** SQLSTATE of a statement that was cancelled, and of a lock that could not be taken. */
const timeouts: readonly string[] = ['57014', '55P03']

const deadlineExceeded = () =>
  new GraphQLError('This could not be done in time, and nothing was changed: try again.', {
    extensions: { code: 'DEADLINE_EXCEEDED' },
  })
