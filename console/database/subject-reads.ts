import { rows } from '@supergraph/postgres/statements.ts'
import type { DataSource } from 'typeorm'
import { z } from 'zod'
import type { SubjectRow } from '../pages/views.ts'
import type { Subject } from '../traces/summary.ts'
import { time } from './columns.ts'

const subjectRow = z.object({
  id: z.string(),
  label: z.string(),
  firstAt: time,
  lastAt: time,
  traces: z.int(),
  isFailed: z.boolean(),
}) satisfies z.ZodType<SubjectRow, unknown>

/** The things of a kind that traces were about lately, last first, such as orders; of one label if it is given. */
export const listSubjects = (
  database: DataSource,
  kind: Subject['kind'],
  { label, limit }: { readonly label: string | undefined; readonly limit: number },
): Promise<readonly SubjectRow[]> =>
  rows(
    database,
    subjectRow,
    `select id, max(label) as label, min(at) as "firstAt", max(at) as "lastAt", count(*)::int as traces,
       bool_or(is_failed) as "isFailed"
     from (select * from subjects where kind = $1 and ($2::text is null or label = $2) order by at desc limit 2000)
       as latest join traces using (trace_id)
     group by id order by "lastAt" desc limit $3`,
    [kind, label ?? null, limit],
  )

/** The traces that were about a thing, oldest first. */
export const tracesAbout = async (
  database: DataSource,
  kind: Subject['kind'],
  id: string,
): Promise<readonly string[]> => {
  const found = await rows(
    database,
    z.object({ traceId: z.string() }),
    'select trace_id as "traceId" from subjects where kind = $1 and id = $2 order by at limit 50',
    [kind, id],
  )
  return found.map(({ traceId }) => traceId)
}
