import { affected, row, rows } from '@supergraph/postgres/statements.ts'
import { messageOf } from '@supergraph/runtime/error-text.ts'
import type { DataSource } from 'typeorm'
import { z } from 'zod'
import type { ActRow } from '../pages/views.ts'
import { time } from './columns.ts'

/** What somebody is about to do. */
export type Intent = {
  readonly who: string
  readonly role: string
  readonly address: string
  /** Such as `replay`. */
  readonly act: string
  /** What it is done to, in words. */
  readonly about: string
  readonly reason: string
  readonly details: object
}

/** The log of what was done through the console. */
export type Audit = {
  /** Writes the intent, acts, and writes how that ended; nothing is done that is not written first. */
  readonly record: <T extends { readonly outcome: string }>(
    intent: Intent,
    act: () => Promise<T>,
  ) => Promise<T>
  /** The latest acts, last first. */
  readonly list: (limit: number) => Promise<readonly ActRow[]>
}

const actRow = z.object({
  id: z.string(),
  begunAt: time,
  endedAt: time.nullable(),
  who: z.string(),
  role: z.string(),
  address: z.string(),
  act: z.string(),
  about: z.string(),
  reason: z.string(),
  details: z.unknown(),
  outcome: z.string().nullable(),
}) satisfies z.ZodType<ActRow, unknown>

export const createAudit = (database: DataSource): Audit => {
  const end = (id: string, outcome: string) =>
    affected(database, 'update acts set ended_at = now(), outcome = $2 where id = $1', [id, outcome])
  return {
    record: async ({ who, role, address, act, about, reason, details }, perform) => {
      const inserted = await row(
        database,
        z.object({ id: z.string() }),
        `insert into acts (who, role, address, act, about, reason, details) values ($1, $2, $3, $4, $5, $6, $7)
         returning id::text as id`,
        [who, role, address, act, about, reason, JSON.stringify(details)],
      )
      const id = inserted?.id ?? ''
      try {
        const done = await perform()
        await end(id, done.outcome)
        return done
      } catch (error) {
        await end(id, `failed: ${messageOf(error)}`)
        throw error
      }
    },
    list: limit =>
      rows(
        database,
        actRow,
        `select id::text as id, begun_at as "begunAt", ended_at as "endedAt", who, role, address, act, about, reason,
           details, outcome
         from acts order by acts.id desc limit $1`,
        [limit],
      ),
  }
}
