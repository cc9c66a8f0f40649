import { affected, type Executor } from './statements.ts'

/**
 * Locks these things of one kind, by their UUIDs, until the transaction ends: others that lock one of them wait. They are
 * locked in the order of their ids, so that two transactions never wait for each other.
 */
export const lockAll = (executor: Executor, kind: string, ids: readonly string[]): Promise<number> =>
  affected(
    executor,
    `select pg_advisory_xact_lock(hashtextextended($2::text || ':' || id, 0))
     from (select id from unnest($1::uuid[]) as id order by id) as sorted`,
    [ids, kind],
  )
