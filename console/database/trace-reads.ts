import { row, rows } from '@supergraph/postgres/statements.ts'
import type { DataSource } from 'typeorm'
import { z } from 'zod'
import type { ChartPoint, TraceRow } from '../pages/views.ts'
import { type Filter, readFilter } from '../traces/filters.ts'
import { type Span, spanKinds } from '../traces/span.ts'
import { attributes, time } from './columns.ts'
import { conditionOf, type Parameter } from './conditions.ts'

const bigNumber = z.coerce.number().nullable()

const traceRow = z.object({
  traceId: z.string(),
  startedAt: time,
  endedAt: time,
  kind: z.enum(['request', 'work']).nullable(),
  name: z.string().nullable(),
  service: z.string().nullable(),
  client: z.string().nullable(),
  durationUs: bigNumber,
  isFailed: z.boolean(),
  isPlanCached: z.boolean().nullable(),
  isShared: z.boolean(),
  spans: z.int(),
  errors: z.int(),
  calls: z.int(),
  statements: z.int(),
}) satisfies z.ZodType<TraceRow, unknown>

const columns = `trace_id as "traceId", started_at as "startedAt", ended_at as "endedAt", kind, name, service, client,
  duration_us as "durationUs", is_failed as "isFailed", is_plan_cached as "isPlanCached", is_shared as "isShared",
  spans, errors, calls, statements`

/** Traces that meet all filters, newest first; `before` is the start of the last one that is known already. */
export const listTraces = (
  database: DataSource,
  filters: readonly Filter[],
  { before, limit }: { readonly before: string | undefined; readonly limit: number },
): Promise<readonly TraceRow[]> => {
  const { where, values, parameter } = whereOf(filters)
  const older = before === undefined ? '' : `and started_at < ${parameter(before)}::timestamptz`
  return rows(
    database,
    traceRow,
    `select ${columns} from traces where ${where} ${older} order by started_at desc, trace_id limit ${limit}`,
    values,
  )
}

const chartPoint = z.object({
  atMs: z.coerce.number(),
  traces: z.int(),
  failed: z.int(),
  p95Us: bigNumber,
}) satisfies z.ZodType<ChartPoint, unknown>

/** How many traces meet all filters, and in about 60 steps of time how many, how long, and how many failed. */
export const chartTraces = async (
  database: DataSource,
  filters: readonly Filter[],
): Promise<{ readonly total: number; readonly stepMs: number; readonly points: readonly ChartPoint[] }> => {
  const { where, values } = whereOf(filters)
  const range = await row(
    database,
    z.object({ total: z.int(), seconds: z.coerce.number().nullable() }),
    `select count(*)::int as total, extract(epoch from max(started_at) - min(started_at)) as seconds
     from traces where ${where}`,
    values,
  )
  const stepMs = stepFor((range?.seconds ?? 0) * 1_000)
  const points = await rows(
    database,
    chartPoint,
    `select extract(epoch from date_bin(interval '${stepMs} ms', started_at, 'epoch')) * 1000 as "atMs",
       count(*)::int as traces, count(*) filter (where is_failed)::int as failed,
       percentile_disc(0.95) within group (order by duration_us) as "p95Us"
     from traces where ${where} group by 1 order by 1`,
    values,
  )
  return { total: range?.total ?? 0, stepMs, points }
}

/** The summary of a trace; undefined if it is not stored. */
export const findTrace = (database: DataSource, traceId: string): Promise<TraceRow | undefined> =>
  row(database, traceRow, `select ${columns} from traces where trace_id = $1`, [traceId])

const traceStart = z.object({ traceId: z.string(), startedUs: z.coerce.number() })

/** When traces began, in microseconds since 1970. */
export const readStarts = async (
  database: DataSource,
  traceIds: readonly string[],
): Promise<ReadonlyMap<string, number>> => {
  const starts = await rows(
    database,
    traceStart,
    `select trace_id as "traceId", round(extract(epoch from started_at) * 1000000) as "startedUs"
     from traces where trace_id = any($1)`,
    [traceIds],
  )
  return new Map(starts.map(({ traceId, startedUs }) => [traceId, startedUs]))
}

/** The spans of traces in the order of their start, each once. */
export const readSpans = async (
  database: DataSource,
  traceIds: readonly string[],
): Promise<readonly Span[]> => {
  const batches = await rows(
    database,
    z.object({ spans: storedSpans }),
    'select spans from span_batches where trace_id = any($1) order by id',
    [traceIds],
  )
  // n.b. a sender that got no answer sends again
  const spans = new Map(batches.flatMap(batch => batch.spans).map(span => [span.spanId, span]))
  return [...spans.values()].toSorted((a, b) => a.startUs - b.startUs || b.durationUs - a.durationUs)
}

const whereOf = (filters: readonly Filter[]) => {
  const values: unknown[] = []
  const parameter: Parameter = value => `$${values.push(value)}`
  const conditions = filters.map(filter => `(${conditionOf(filter, parameter)})`)
  return { where: ['true', ...conditions].join(' and '), values, parameter }
}

/** The filters that are written in texts; those that say nothing are left out. */
export const filtersIn = (texts: readonly string[]): readonly Filter[] =>
  texts.slice(0, 20).flatMap(text => readFilter(text) ?? [])

const steps = [1, 2, 5, 10, 30, 60, 120, 300, 600, 1_800, 3_600].map(seconds => seconds * 1_000)

const stepFor = (rangeMs: number): number => steps.find(stepMs => rangeMs / stepMs <= 60) ?? 7_200_000

const span = z.object({
  traceId: z.string(),
  spanId: z.string(),
  parentSpanId: z.string().nullable(),
  service: z.string(),
  name: z.string(),
  kind: z.enum(spanKinds),
  startUs: z.number(),
  durationUs: z.number(),
  attributes,
  events: z.array(z.object({ name: z.string(), atUs: z.number(), attributes })),
  links: z.array(z.object({ traceId: z.string(), spanId: z.string() })),
  error: z.string().nullable(),
}) satisfies z.ZodType<Span>

const storedSpans = z.string().transform(text => z.array(span).parse(JSON.parse(text)))
