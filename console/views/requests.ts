import type { DataSource } from 'typeorm'
import { readLines } from '../database/log-store.ts'
import { chartTraces, filtersIn, findTrace, listTraces, readSpans } from '../database/trace-reads.ts'
import type { Intake } from '../intake.ts'
import type { RequestsView, RequestView } from '../pages/views.ts'
import { readFilters } from '../traces/filters.ts'
import { writeTraces } from '../traces/otlp.ts'
import { readPlanRuns, withPlans } from './plan-runs.ts'
import type { RecordedOperations } from './recorded-operations.ts'
import type { View } from './view.ts'

const perPage = 100

/** The views of requests: their list, one of them, and one as a file. */
export const createRequestViews = (
  database: DataSource,
  intake: Pick<Intake, 'counts'>,
  operations: RecordedOperations,
): readonly View[] => {
  const readList = async (query: URLSearchParams): Promise<RequestsView> => {
    const filters = filtersIn(readFilters(query).on)
    const before = timeIn(query.get('before'))
    const [traces, chart] = await Promise.all([
      listTraces(database, filters, { before, limit: perPage }),
      chartTraces(database, filters),
    ])
    return {
      traces,
      ...chart,
      older: addressOfOlder(query, traces.at(perPage - 1)?.startedAt),
      counts: intake.counts(),
    }
  }
  const readOne = async (traceId: string): Promise<RequestView | undefined> => {
    const trace = await findTrace(database, traceId)
    if (trace === undefined) return undefined
    const [spans, lines] = await Promise.all([readSpans(database, [traceId]), readLines(database, traceId)])
    return {
      trace,
      spans,
      runs: await readPlanRuns(database, spans),
      lines,
      operation: operations.find(spans) ?? null,
    }
  }
  return [
    { path: /^\/requests$/, read: (_, query) => readList(query) },
    { path: /^\/requests\/([\da-f]{32})$/, read: readOne },
    {
      path: /^\/requests\/([\da-f]{32})\.otlp\.json$/,
      fileName: traceId => `trace-${traceId}.otlp.json`,
      read: async traceId => {
        const spans = await readSpans(database, [traceId])
        return spans.length === 0 ? undefined : writeTraces(await withPlans(database, spans))
      },
    },
  ]
}

const timeIn = (text: string | null): string | undefined =>
  text === null || Number.isNaN(Date.parse(text)) ? undefined : text

const addressOfOlder = (query: URLSearchParams, before: string | undefined): string | null => {
  if (before === undefined) return null
  const older = new URLSearchParams(query)
  older.set('before', before)
  return `/requests?${older}`
}
