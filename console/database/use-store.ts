import { affected, rows } from '@supergraph/postgres/statements.ts'
import type { DataSource, EntityManager } from 'typeorm'
import { z } from 'zod'
import type { Use } from '../traces/uses.ts'
import { time } from './columns.ts'

const keptDays = 14
const maxUses = 20_000

/** Adds uses to those that are known. */
export const storeUses = async (manager: EntityManager, uses: readonly Use[]): Promise<void> => {
  if (uses.length === 0) return
  // n.b. in the order of the key, so that two processes never wait for each other
  await affected(
    manager,
    `insert into operation_uses as known (plan_id, operation, client, day, uses, last_at)
     select plan_id, operation, client, day, uses, to_timestamp(last_us / 1000000.0)
     from unnest($1::text[], $2::text[], $3::text[], $4::date[], $5::int[], $6::float8[])
       as told (plan_id, operation, client, day, uses, last_us)
     order by plan_id, operation, client, day
     on conflict (plan_id, operation, client, day) do update set
       uses = known.uses + excluded.uses, last_at = greatest(known.last_at, excluded.last_at)`,
    [
      uses.map(({ planId }) => planId),
      uses.map(({ operation }) => operation),
      uses.map(({ client }) => client),
      uses.map(({ day }) => day),
      uses.map(each => each.uses),
      uses.map(({ lastUs }) => lastUs),
    ],
  )
}

const usedFields = z.object({
  operation: z.string(),
  client: z.string(),
  uses: z.int(),
  lastAt: time,
  fields: z.array(z.string()),
})

/** How often each client ran each operation in the last two weeks, and which fields these select, most uses first. */
export const readUses = (database: DataSource): Promise<readonly z.output<typeof usedFields>[]> =>
  rows(
    database,
    usedFields,
    `select operation, client, sum(uses)::int as uses, max(last_at) as "lastAt",
       array(select jsonb_array_elements_text(text::jsonb -> 'fields')) as fields
     from operation_uses join plans on plans.id = plan_id
     group by operation, client, plans.id order by uses desc limit 2000`,
  )

const operationUses = z.object({
  planId: z.string(),
  client: z.string(),
  uses: z.int(),
  lastAt: time,
})

/** How often each client ran an operation in the last two weeks, and by which plan, the latest first. */
export const readUsesOf = (
  database: DataSource,
  operation: string,
): Promise<readonly z.output<typeof operationUses>[]> =>
  rows(
    database,
    operationUses,
    `select plan_id as "planId", client, sum(uses)::int as uses, max(last_at) as "lastAt"
     from operation_uses where operation = $1
     group by plan_id, client order by "lastAt" desc limit 200`,
    [operation],
  )

/** Deletes uses that are older than two weeks, and of more than 20,000 those that are longest ago. */
export const pruneUses = async (database: DataSource): Promise<void> => {
  await affected(
    database,
    `delete from operation_uses where day < current_date - $1::int
     or (plan_id, operation, client, day) in
       (select plan_id, operation, client, day from operation_uses order by last_at desc offset $2)`,
    [keptDays, maxUses],
  )
}
