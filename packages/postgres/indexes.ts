import { escapeIdentifier } from 'pg'
import type { QueryRunner } from 'typeorm'
import { z } from 'zod'
import { rows } from './statements.ts'

/**
 * Creates an index while its table is read and written, in a migration with `transaction = false`; `definition` is what stands
 * after `on`. What a killed process left of the index is made anew.
 */
export const createIndexConcurrently = async (
  runner: QueryRunner,
  name: string,
  definition: string,
): Promise<void> => {
  const [leftOver] = await rows(
    runner.manager,
    z.object({}),
    'select from pg_index where indexrelid = to_regclass($1) and not indisvalid',
    [escapeIdentifier(name)],
  )
  if (leftOver !== undefined) await dropIndexConcurrently(runner, name)
  await runner.query(`create index concurrently if not exists ${escapeIdentifier(name)} on ${definition}`)
}

/** Drops an index, if it is there, while its table is read and written; in a migration with `transaction = false`. */
export const dropIndexConcurrently = async (runner: QueryRunner, name: string): Promise<void> => {
  await runner.query(`drop index concurrently if exists ${escapeIdentifier(name)}`)
}
