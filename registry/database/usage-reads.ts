import { type Executor, row, rows } from '@supergraph/postgres/statements.ts'
import { z } from 'zod'
import type { GraphRef } from '../graph-ref.ts'
import { notToldApart } from './usage-store.ts'

const maxOperations = 5_000
/** Of each operation. */
const maxClients = 20
/** Characters of all signatures together. */
const maxSignatures = 16 * 1024 * 1024

// n.b. sums of bigint come as texts
const requests = z.coerce.number()
const client = z.object({ name: z.string(), version: z.string(), requests })

const usedOperation = z.object({
  /** Empty if the operation has none. */
  name: z.string(),
  /** Its text without literals. */
  signature: z.string(),
  requests,
  lastDay: z.string(),
  /** The 20 of most requests, the first of them first. */
  clients: z.array(client).readonly(),
})

/** An operation that clients ran. */
export type UsedOperation = z.output<typeof usedOperation>

/** What clients of a variant ran since a day. */
export type Usage = {
  /** The first day of which usage is known, such as `2026-01-31` (UTC). */
  readonly since: string
  readonly requests: number
  /** Of them, how many ran operations that are not told apart. */
  readonly otherRequests: number
  /** Those of most requests first. */
  readonly operations: readonly UsedOperation[]
}

const ofPeriod = `graph = $1 and variant = $2 and day >= (now() at time zone 'utc' - make_interval(secs => $3))::date`

/** What clients of a variant ran in the last `seconds`, counted by days (UTC); undefined if nothing was reported. */
export const readUsage = async (
  executor: Executor,
  { graph, variant }: GraphRef,
  seconds: number,
  max = maxOperations,
): Promise<Usage | undefined> => {
  const values = [graph, variant, seconds]
  const total = await row(
    executor,
    z.object({ since: z.string().nullable(), requests: requests.nullable() }),
    `select min(day)::text as since, sum(requests) as requests from operation_uses where ${ofPeriod}`,
    values,
  )
  if (total?.since == null) return undefined
  const operations = await rows(
    executor,
    usedOperation,
    `select name, signature, requests, "lastDay", clients from (
       select name, signature, hash, sum(requests) as requests, max(day)::text as "lastDay",
         json_agg(json_build_object('name', client_name, 'version', client_version, 'requests', requests)
           order by rank) filter (where rank <= $6) as clients,
         sum(length(signature)) over (order by sum(requests) desc, name, hash) as length
       from (
         select operation, client_name, client_version, sum(requests) as requests, max(day) as day, row_number()
           over (partition by operation order by sum(requests) desc, client_name, client_version) as rank
         from operation_uses where ${ofPeriod} and operation <> $4 group by operation, client_name, client_version
       ) as uses
       join seen_operations on graph = $1 and hash = operation
       group by graph, hash
     ) as used where length <= $7 order by requests desc, name, hash limit $5`,
    [...values, notToldApart, max, maxClients, maxSignatures],
  )
  const all = total.requests ?? 0
  const toldApart = operations.reduce((sum, operation) => sum + operation.requests, 0)
  return { since: total.since, requests: all, otherRequests: all - toldApart, operations }
}
