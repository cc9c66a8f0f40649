import { row } from '@supergraph/postgres/statements.ts'
import type { DataSource } from 'typeorm'
import { z } from 'zod'
import { type UserRow, userTable } from './tables.ts'

/** What users knows of somebody, as JSON. */
const ownPart = z.object({
  account: z.record(z.string(), z.unknown()),
  addresses: z.array(z.unknown()),
  sessions: z.array(z.unknown()),
  /** Those of the last 7 days. */
  earlierEmails: z.array(z.unknown()),
})

export type OwnPart = Readonly<z.output<typeof ownPart>>

export type ExportReads = ReturnType<typeof createExportReads>

/** Reads what users knows of somebody, for whoever asks for everything. */
export const createExportReads = (database: DataSource) => ({
  /** The user of a session that has not ended; undefined if there is none. */
  userOf: async (userId: string, sessionId: string): Promise<UserRow | undefined> => {
    const alive = await row(
      database,
      z.object({}),
      'select from sessions where id = $1 and user_id = $2 and ended_at is null',
      [sessionId, userId],
    )
    return alive && ((await database.manager.findOneBy(userTable, { id: userId })) ?? undefined)
  },

  read: async (userId: string): Promise<OwnPart | undefined> =>
    row(
      database,
      ownPart,
      `select
         (select jsonb_build_object('id', id, 'name', name, 'email', email, 'shownEmail', shown_email,
            'emailVerified', email_verified, 'locale', locale, 'role', role,
            'totpSince', ${iso('totp_since')}, 'createdAt', ${iso('created_at')})
          from users where id = $1) as account,
         (select coalesce(jsonb_agg(jsonb_build_object('name', name, 'line1', line1, 'line2', line2, 'city', city,
            'postalCode', postal_code, 'country', country) order by position), '[]')
          from addresses where user_id = $1) as addresses,
         (select coalesce(jsonb_agg(jsonb_build_object('createdAt', ${iso('created_at')},
            'lastUsedAt', ${iso('last_used_at')}, 'network', network, 'device', device, 'endedAt', ${iso('ended_at')}, 'endReason', end_reason)
            order by created_at), '[]')
          from sessions where user_id = $1) as sessions,
         (select coalesce(jsonb_agg(jsonb_build_object('email', email, 'shownEmail', shown_email) order by expires_at), '[]')
          from email_change_undos where user_id = $1) as "earlierEmails"`,
      [userId],
    ),
})

/** SQL for an instant as JavaScript writes it. */
const iso = (column: string) => `to_char(${column} at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`
