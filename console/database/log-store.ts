import { affected, rows } from '@supergraph/postgres/statements.ts'
import type { DataSource } from 'typeorm'
import { z } from 'zod'
import { type LogLine, logLevels } from '../traces/log-line.ts'
import { attributes } from './columns.ts'

const maxLines = 20_000
const linesOfTrace = 500

/** Stores lines of logs, all or none. */
export const storeLines = (database: DataSource, lines: readonly LogLine[]): Promise<number> =>
  affected(
    database,
    `insert into log_lines (at_us, service, trace_id, span_id, level, message, fields)
     select * from unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[])`,
    [
      lines.map(({ atUs }) => atUs),
      lines.map(({ service }) => service),
      lines.map(({ traceId }) => traceId),
      lines.map(({ spanId }) => spanId),
      lines.map(({ level }) => level),
      lines.map(({ message }) => message),
      lines.map(({ fields }) => JSON.stringify(fields)),
    ],
  )

const logLine = z.object({
  atUs: z.coerce.number(),
  service: z.string(),
  traceId: z.string().nullable(),
  spanId: z.string().nullable(),
  level: z.enum(logLevels),
  message: z.string(),
  fields: z.string().transform(text => attributes.parse(JSON.parse(text))),
}) satisfies z.ZodType<LogLine, unknown>

const columns = 'at_us as "atUs", service, trace_id as "traceId", span_id as "spanId", level, message, fields'

/** The first 500 lines that were written in a trace, in the order of their time. */
export const readLines = (database: DataSource, traceId: string): Promise<readonly LogLine[]> =>
  rows(
    database,
    logLine,
    `select ${columns} from log_lines where trace_id = $1 order by at_us, id limit $2`,
    [traceId, linesOfTrace],
  )

/** The latest lines of a service's log, newest first. */
export const readLatestLines = (
  database: DataSource,
  service: string,
  limit: number,
): Promise<readonly LogLine[]> =>
  rows(database, logLine, `select ${columns} from log_lines where service = $1 order by id desc limit $2`, [
    service,
    limit,
  ])

/** Deletes all lines but the latest 20,000, and those that are older than so many hours. */
export const pruneLines = async (database: DataSource, keptHours: number): Promise<void> => {
  await affected(
    database,
    `delete from log_lines where id <= (select max(id) from log_lines) - $1
     or at_us < (extract(epoch from now()) - $2 * 3600) * 1000000`,
    [maxLines, keptHours],
  )
}
