import { affected, rows } from '@supergraph/postgres/statements.ts'
import type { DataSource, EntityManager } from 'typeorm'
import { z } from 'zod'
import { withoutPlan } from '../traces/query-plan.ts'
import type { Span } from '../traces/span.ts'
import { type Summary, summarize } from '../traces/summary.ts'

// n.b. a trace that never ends, such as that of a loop with an error in it, would fill the store by itself
const maxSpansPerTrace = 5_000

/** Stores spans, all or none; returns how many traces are new. */
export const storeSpans = (database: DataSource, spans: readonly Span[]): Promise<number> => {
  const traces = [...Map.groupBy(spans, ({ traceId }) => traceId)].toSorted(([a], [b]) => (a < b ? -1 : 1))
  const summaries = traces.map(([traceId, own]) => summarize(traceId, own))
  return database.transaction(async manager => {
    const stored = await storeSummaries(manager, summaries)
    const isFull = new Set(
      stored.filter(({ spans }) => spans > maxSpansPerTrace).map(({ traceId }) => traceId),
    )
    const kept = traces.filter(([traceId]) => !isFull.has(traceId))
    await affected(
      manager,
      'insert into span_batches (trace_id, spans) select * from unnest($1::text[], $2::text[])',
      [kept.map(([traceId]) => traceId), kept.map(([, own]) => JSON.stringify(own.map(withoutPlan)))],
    )
    await storeSubjects(manager, summaries)
    return stored.filter(({ isNew }) => isNew).length
  })
}

const storedTrace = z.object({ traceId: z.string(), spans: z.int(), isNew: z.boolean() })

/** n.b. a trace comes in several batches, in any order: what they tell adds up, and the first entry stays. */
const storeSummaries = (manager: EntityManager, summaries: readonly Summary[]) =>
  rows(
    manager,
    storedTrace,
    `insert into traces as known (trace_id, started_at, ended_at, kind, name, service, client, requested_at,
       duration_us, is_failed, is_plan_cached, is_shared, spans, errors, calls, statements, tags)
     select * from jsonb_to_recordset($1::jsonb) as batch (trace_id text, started_at timestamptz,
       ended_at timestamptz, kind text, name text, service text, client text, requested_at timestamptz,
       duration_us bigint, is_failed boolean, is_plan_cached boolean, is_shared boolean, spans integer,
       errors integer, calls integer, statements integer, tags text[])
     on conflict (trace_id) do update set
       started_at = least(known.started_at, excluded.started_at),
       ended_at = greatest(known.ended_at, excluded.ended_at),
       kind = coalesce(known.kind, excluded.kind),
       name = coalesce(known.name, excluded.name),
       service = coalesce(known.service, excluded.service),
       client = coalesce(known.client, excluded.client),
       requested_at = coalesce(known.requested_at, excluded.requested_at),
       duration_us = coalesce(known.duration_us, excluded.duration_us),
       is_failed = known.is_failed or excluded.is_failed,
       is_plan_cached = coalesce(known.is_plan_cached, excluded.is_plan_cached),
       is_shared = known.is_shared or excluded.is_shared,
       spans = known.spans + excluded.spans,
       errors = known.errors + excluded.errors,
       calls = known.calls + excluded.calls,
       statements = known.statements + excluded.statements,
       tags = array(select distinct unnest(known.tags || excluded.tags) limit 400)
     returning trace_id as "traceId", spans, xmax = 0 as "isNew"`,
    [JSON.stringify(summaries.map(toRow))],
  )

const toRow = ({ traceId, entry, startUs, endUs, tags, spans, errors, calls, statements }: Summary) => ({
  trace_id: traceId,
  started_at: toTime(startUs),
  ended_at: toTime(endUs),
  kind: entry?.kind ?? null,
  name: entry?.name ?? null,
  service: entry?.service ?? null,
  client: entry?.client ?? null,
  requested_at: entry === undefined ? null : toTime(entry.startUs),
  duration_us: entry?.durationUs ?? null,
  is_failed: errors > 0 || entry?.isFailed === true,
  is_plan_cached: entry?.isPlanCached ?? null,
  is_shared: entry?.isShared ?? false,
  spans,
  errors,
  calls,
  statements,
  tags,
})

const storeSubjects = (manager: EntityManager, summaries: readonly Summary[]): Promise<number> => {
  const found = summaries.flatMap(({ traceId, subjects }) =>
    subjects.map(subject => ({ ...subject, traceId })),
  )
  return affected(
    manager,
    `insert into subjects (kind, id, label, trace_id, at)
     select * from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::timestamptz[])
     on conflict do nothing`,
    [
      found.map(({ kind }) => kind),
      found.map(({ id }) => id),
      found.map(({ label }) => label),
      found.map(({ traceId }) => traceId),
      found.map(({ atUs }) => toTime(atUs)),
    ],
  )
}

/** n.b. a date holds milliseconds, and PostgreSQL microseconds. */
const toTime = (us: number): string => {
  const ms = Math.floor(us / 1_000)
  return new Date(ms).toISOString().replace('Z', `${String(us - ms * 1_000).padStart(3, '0')}Z`)
}
