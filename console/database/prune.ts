import { affected, row } from '@supergraph/postgres/statements.ts'
import type { DataSource } from 'typeorm'
import { z } from 'zod'
import { prunePlans } from './plan-store.ts'
import { pruneUses } from './use-store.ts'

/** What the store holds at most. */
export const kept = { hours: 72, traces: 10_000, flowHours: 2 } as const

/** What takes as long is kept longer than what is quick, as what failed is. */
export const slowUs = 500_000

const tracesPerBatch = 2_000

/** The number of stored traces. */
export const countTraces = async (database: DataSource): Promise<number> =>
  (await row(database, z.object({ count: z.int() }), 'select count(*)::int as count from traces'))?.count ?? 0

/**
 * Deletes what is older than 72 hours, and of more than `maxTraces` the oldest: first what was quick and did not fail, and
 * only then the rest. Returns how many traces are left.
 */
export const prune = async (database: DataSource, maxTraces: number = kept.traces): Promise<number> => {
  await affected(database, 'delete from flows where slot < now() - make_interval(hours => $1)', [
    kept.flowHours,
  ])
  await prunePlans(database)
  await pruneUses(database)
  while ((await deleteTraces(database, outdated, [kept.hours, tracesPerBatch])) === tracesPerBatch);
  for (;;) {
    const count = await countTraces(database)
    if (count <= maxTraces) return count
    const most = Math.min(count - maxTraces, tracesPerBatch)
    if ((await deleteTraces(database, leastInteresting, [slowUs, most])) === 0) return count
  }
}

// n.b. what is being stored at this moment is passed over, so that neither waits for the other
const outdated = `
  select trace_id from traces where started_at < now() - make_interval(hours => $1) order by started_at limit $2
  for update skip locked`

const leastInteresting = `
  select trace_id from traces
  order by is_failed or coalesce(duration_us, 0) >= $1, started_at limit $2
  for update skip locked`

const deleteTraces = async (
  database: DataSource,
  which: string,
  values: readonly unknown[],
): Promise<number> => {
  const deleted = await row(
    database,
    z.object({ count: z.int() }),
    `with gone as (delete from traces where trace_id = any(array(${which})) returning trace_id),
       spans as (delete from span_batches where trace_id = any(array(select trace_id from gone))),
       subjects as (delete from subjects where trace_id = any(array(select trace_id from gone)))
     select count(*)::int as count from gone`,
    values,
  )
  return deleted?.count ?? 0
}
