import { affected, type Executor, row, rows } from '@supergraph/postgres/statements.ts'
import { z } from 'zod'
import { createKey, hashOf, type Role, roles } from '../keys.ts'

/** What a key opens. */
export type Grant = { readonly graph: string; readonly role: Role }

const grant = z.object({ graph: z.string(), role: z.enum(roles) })

const keyRow = z.object({
  id: z.int(),
  role: z.enum(roles),
  note: z.string(),
  createdAt: z.date(),
  revokedAt: z.date().nullable(),
})

/** What a key opens; undefined if it is unknown or revoked. */
export const findGrant = (executor: Executor, key: string): Promise<Grant | undefined> =>
  row(executor, grant, 'select graph, role from keys where hash = $1 and revoked_at is null', [hashOf(key)])

/** Makes a key to a graph and returns it; only its hash is kept. `secret` is random unless given. */
export const addKey = async (
  executor: Executor,
  { graph, role }: Grant,
  { note = '', secret }: { readonly note?: string; readonly secret?: string } = {},
): Promise<string> => {
  const key = createKey(graph, secret)
  await affected(
    executor,
    'insert into keys (graph, role, note, hash) values ($1, $2, $3, $4) on conflict (hash) do nothing',
    [graph, role, note, hashOf(key)],
  )
  return key
}

/** The keys to a graph, the oldest first. */
export const listKeys = (executor: Executor, graph: string): Promise<readonly z.output<typeof keyRow>[]> =>
  rows(
    executor,
    keyRow,
    `select id, role, note, created_at as "createdAt", revoked_at as "revokedAt" from keys
     where graph = $1 order by id`,
    [graph],
  )

/** Revokes a key from now on; false if the graph has no such key that is still valid. */
export const revokeKey = async (executor: Executor, graph: string, id: number): Promise<boolean> =>
  (await affected(
    executor,
    'update keys set revoked_at = now() where graph = $1 and id = $2 and revoked_at is null',
    [graph, id],
  )) > 0
