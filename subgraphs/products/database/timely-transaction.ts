import { remainingMs } from '@supergraph/runtime/deadline.ts'
import { codeOf } from '@supergraph/runtime/error-text.ts'
import { GraphQLError } from 'graphql'
import type { DataSource, EntityManager } from 'typeorm'

const longestStatementMs = 15_000

/**
 * Runs a transaction for a caller who waits until `deadlineAtMs`: it does not begin later, no statement of it (and so
 * no lock) is waited for longer, and where it can't be done in time it is undone and DEADLINE_EXCEEDED is thrown. An
 * outcome that is not to be kept is undone too.
 */
export const inTimelyTransaction = async <T>(
  database: DataSource,
  deadlineAtMs: number,
  run: (manager: EntityManager) => Promise<T>,
  isKept: (outcome: T) => boolean = () => true,
): Promise<T> => {
  requireTime(deadlineAtMs)
  const runner = database.createQueryRunner()
  try {
    // n.b. takes a while when every connection is busy
    await runner.connect()
    const leftMs = requireTime(deadlineAtMs)
    await runner.startTransaction()
    if (leftMs < longestStatementMs) await runner.query(`set local statement_timeout = ${Math.ceil(leftMs)}`)
    const outcome = await run(runner.manager)
    await (isKept(outcome) ? runner.commitTransaction() : runner.rollbackTransaction())
    return outcome
  } catch (error) {
    if (runner.isTransactionActive) await runner.rollbackTransaction().catch(() => undefined)
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

/** SQLSTATE of a statement that was cancelled and of a lock that was not to be had. */
const timeouts: readonly string[] = ['57014', '55P03']

const deadlineExceeded = () =>
  new GraphQLError('This could not be done in time, and nothing was changed: try again.', {
    extensions: { code: 'DEADLINE_EXCEEDED' },
  })
