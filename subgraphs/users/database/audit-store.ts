import { affected, rows } from '@supergraph/postgres/statements.ts'
import { uuidv7 } from '@supergraph/runtime/uuid.ts'
import type { StaffAct } from '@supergraph/schema/staff-act.ts'
import type { DataSource, EntityManager } from 'typeorm'
import { z } from 'zod'

const values = z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])).nullable()

const auditEntry = z.object({
  /** Counts the entries in the order in which they arrived. */
  id: z.string(),
  at: z.date(),
  actorId: z.string().nullable(),
  sessionId: z.string().nullable(),
  clientAddress: z.string().nullable(),
  act: z.string(),
  aboutKind: z.enum(['ORDER', 'PRODUCT', 'USER']),
  aboutId: z.string(),
  reason: z.string().nullable(),
  before: values,
  after: values,
})

/** An entry of the audit log. */
export type AuditEntryRow = Readonly<z.output<typeof auditEntry>>

/** An act before it is an entry; nobody is its actor if it was done by a command or a setting. */
export type NewAct = Omit<StaffAct, 'actorId' | 'sessionId'> & {
  readonly actorId: string | null
  readonly sessionId: string | null
  /** An act with the same id is written once. */
  readonly eventId: string
  readonly at: Date
}

/** Which entries: at most `limit`, those before the one with this id, and those that match whatever else is given. */
export type AuditPage = {
  readonly limit: number
  readonly before: string | undefined
  readonly actorId: string | undefined
  readonly aboutId: string | undefined
  readonly from: Date | undefined
  readonly to: Date | undefined
}

/** What is known of an act in this subgraph before it has an id. */
export type OwnAct = Omit<NewAct, 'eventId' | 'at'>

export type AuditStore = ReturnType<typeof createAuditStore>

/** Reads the audit log. n.b. nobody can change an entry or delete it: a trigger refuses that */
export const createAuditStore = (database: DataSource) => ({
  /** The entries that match, the latest to arrive first. */
  page: ({ limit, before, actorId, aboutId, from, to }: AuditPage): Promise<readonly AuditEntryRow[]> => {
    const given = [
      ['audit_entries.id <', before],
      ['actor_id =', actorId],
      ['about_id =', aboutId],
      ['at >=', from],
      ['at <', to],
    ] as const
    // n.b. a statement of its own for each set of conditions: PostgreSQL would else plan for all of them at once
    const conditions = given.filter(([, value]) => value !== undefined)
    const where = conditions.map(([condition], index) => `${condition} $${index + 2}`).join(' and ')
    return rows(
      database,
      auditEntry,
      `select id::text as id, at, actor_id as "actorId", session_id as "sessionId", client_address as "clientAddress", act,
         about_kind as "aboutKind", about_id as "aboutId", reason, before, after
       from audit_entries ${where === '' ? '' : `where ${where}`}
       order by audit_entries.id desc limit $1`,
      [limit, ...conditions.map(([, value]) => value)],
    )
  },
})

/** Writes acts into the audit log in the caller's transaction, each once. */
export const recordActs = async (manager: EntityManager, acts: readonly NewAct[]): Promise<void> => {
  await affected(
    manager,
    `insert into audit_entries
       (event_id, at, actor_id, session_id, client_address, act, about_kind, about_id, reason, before, after)
     select "eventId", at, "actorId", "sessionId", "clientAddress", act, about ->> 'kind', about ->> 'id', reason,
       nullif(before, 'null'), nullif(after, 'null')
     from jsonb_to_recordset($1::jsonb) as given (
       "eventId" uuid, at timestamptz, "actorId" uuid, "sessionId" text, "clientAddress" text, act text, about jsonb,
       reason text, before jsonb, after jsonb)
     on conflict (event_id) do nothing`,
    [JSON.stringify(acts)],
  )
}

/** Writes an act of this subgraph into the audit log, in the transaction that acts. */
export const recordOwnAct = (manager: EntityManager, act: OwnAct): Promise<void> =>
  recordActs(manager, [{ ...act, eventId: uuidv7(), at: new Date() }])
