import { hash } from 'node:crypto'
import { deleteInBatches } from '@supergraph/postgres/batches.ts'
import { affected, type Executor, row, rows } from '@supergraph/postgres/statements.ts'
import type { DataSource } from 'typeorm'
import { z } from 'zod'
import type { GraphRef } from '../graph-ref.ts'
import type { UsageReport } from '../usage-report.ts'

const keptDays = 90
/** What a graph has of operations, and of uses on a day, at most. */
const defaultLimits = { operations: 20_000, usesOfDay: 50_000 }
/** The hash of no operation. */
export const notToldApart = ''

const today = `(now() at time zone 'utc')::date`

/** Adds a report to the uses of today (UTC). What is beyond the limits of the graph counts as not told apart. */
export const addUsage = (
  database: DataSource,
  ref: GraphRef,
  { operations, otherRequests }: Pick<UsageReport, 'operations' | 'otherRequests'>,
  limits = defaultLimits,
): Promise<void> =>
  database.transaction(async manager => {
    const bySignature = new Map(operations.map(operation => [hash('sha256', operation.signature), operation]))
    const kept = await keepOperations(manager, ref.graph, bySignature, limits.operations)
    const uses = operations.flatMap(({ signature, clients }) => {
      const operation = hash('sha256', signature)
      return clients.map(client =>
        kept.has(operation) ? { ...client, operation } : { ...noClient, requests: client.requests },
      )
    })
    const all = summed([...uses, { ...noClient, requests: otherRequests }])
    const room = limits.usesOfDay - (await countUsesOfDay(manager, ref.graph))
    if (all.length <= room) return addUses(manager, ref, all)
    const known = await knownUses(manager, ref, all)
    const [first, rest] = [
      all.filter(use => known.has(keyOf(use))),
      all.filter(use => !known.has(keyOf(use))),
    ]
    await addUses(
      manager,
      ref,
      summed([...first, ...rest.map(({ requests }) => ({ ...noClient, requests }))]),
    )
  })

type Use = {
  readonly operation: string
  readonly name: string
  readonly version: string
  readonly requests: number
}

const noClient = { operation: notToldApart, name: '', version: '' }

const keyOf = ({ operation, name, version }: Omit<Use, 'requests'>): string =>
  JSON.stringify([operation, name, version])

/** n.b. one statement can not add twice to a row. */
const summed = (uses: readonly Use[]): readonly Use[] => {
  const byKey = new Map<string, Use>()
  for (const use of uses) {
    const key = keyOf(use)
    byKey.set(key, { ...use, requests: use.requests + (byKey.get(key)?.requests ?? 0) })
  }
  return [...byKey.values()].filter(({ requests }) => requests > 0)
}

/** Keeps operations, by their hashes, and returns the hashes of those that are kept. */
const keepOperations = async (
  executor: Executor,
  graph: string,
  operations: ReadonlyMap<string, UsageReport['operations'][number]>,
  max: number,
): Promise<ReadonlySet<string>> => {
  const count = await countOf(
    executor,
    'select count(*)::int as count from seen_operations where graph = $1',
    [graph],
  )
  const known = await rows(
    executor,
    z.object({ hash: z.string() }),
    'select hash from seen_operations where graph = $1 and hash = any($2::text[])',
    [graph, [...operations.keys()]],
  )
  const isKnown = new Set(known.map(({ hash }) => hash))
  const fresh = [...operations.keys()].filter(hash => !isKnown.has(hash)).slice(0, Math.max(0, max - count))
  const kept = [...isKnown, ...fresh]
  await affected(
    executor,
    // n.b. in the order of the key, so that two reports never wait for each other
    `insert into seen_operations as known (graph, hash, name, signature, last_day)
     select $1, hash, name, signature, ${today}
     from unnest($2::text[], $3::text[], $4::text[]) as given (hash, name, signature) order by hash
     on conflict (graph, hash) do update set last_day = excluded.last_day where known.last_day <> excluded.last_day`,
    [
      graph,
      kept,
      kept.map(hash => operations.get(hash)?.name ?? ''),
      kept.map(hash => operations.get(hash)?.signature ?? ''),
    ],
  )
  return new Set(kept)
}

const countUsesOfDay = (executor: Executor, graph: string): Promise<number> =>
  countOf(executor, `select count(*)::int as count from operation_uses where graph = $1 and day = ${today}`, [
    graph,
  ])

const countOf = async (executor: Executor, sql: string, values: readonly unknown[]): Promise<number> =>
  (await row(executor, z.object({ count: z.int() }), sql, values))?.count ?? 0

/** Which of these uses have been counted today. */
const knownUses = async (
  executor: Executor,
  { graph, variant }: GraphRef,
  uses: readonly Use[],
): Promise<ReadonlySet<string>> => {
  const known = await rows(
    executor,
    z.object({ operation: z.string(), name: z.string(), version: z.string() }),
    `select operation, client_name as name, client_version as version from operation_uses
     where graph = $1 and variant = $2 and day = ${today} and operation = any($3::text[])`,
    [graph, variant, [...new Set(uses.map(({ operation }) => operation))]],
  )
  return new Set(known.map(keyOf))
}

const addUses = async (
  executor: Executor,
  { graph, variant }: GraphRef,
  uses: readonly Use[],
): Promise<void> => {
  await affected(
    executor,
    `insert into operation_uses as known (graph, variant, day, operation, client_name, client_version, requests)
     select $1, $2, ${today}, operation, name, version, requests
     from unnest($3::text[], $4::text[], $5::text[], $6::bigint[]) as given (operation, name, version, requests)
     order by operation, name collate "C", version collate "C"
     on conflict (graph, variant, day, operation, client_name, client_version)
     do update set requests = known.requests + excluded.requests`,
    [
      graph,
      variant,
      uses.map(({ operation }) => operation),
      uses.map(({ name }) => name),
      uses.map(({ version }) => version),
      uses.map(({ requests }) => requests),
    ],
  )
}

/** Deletes what is older than 90 days. */
export const deleteOldUsage = async (database: DataSource): Promise<void> => {
  const isOld = (column: string) => `${column} < ${today} - $2::int`
  await deleteInBatches(
    database,
    `delete from operation_uses where ctid = any(array(
       select ctid from operation_uses where ${isOld('day')} limit $1))`,
    [keptDays],
  )
  await deleteInBatches(
    database,
    `delete from seen_operations where ${isOld('last_day')} and (graph, hash) in (
       select graph, hash from seen_operations where ${isOld('last_day')} limit $1)`,
    [keptDays],
  )
}
