import { affected, rows } from '@supergraph/postgres/statements.ts'
import type { DataSource, EntityManager } from 'typeorm'
import { z } from 'zod'

/** Keeps plans that were told, by their ids. */
export const storePlans = async (
  manager: EntityManager,
  plans: ReadonlyMap<string, string>,
): Promise<void> => {
  if (plans.size === 0) return
  const sorted = [...plans].toSorted(([a], [b]) => (a < b ? -1 : 1))
  await affected(
    manager,
    `insert into plans (id, text, told_at) select id, text, now() from unnest($1::text[], $2::text[]) as told (id, text)
     on conflict (id) do update set told_at = now()`,
    [sorted.map(([id]) => id), sorted.map(([, text]) => text)],
  )
}

/** The texts of those of some plans that were told here, by their ids. */
export const findPlans = async (
  database: DataSource,
  ids: readonly string[],
): Promise<ReadonlyMap<string, string>> => {
  const found = await rows(database, planText, 'select id, text from plans where id = any($1)', [ids])
  return new Map(found.map(({ id, text }) => [id, text]))
}

const planText = z.object({ id: z.string(), text: z.string() })

const maxPlans = 2_000
const keptDays = 15

/** Deletes the plans that nobody ran for two weeks, and of more than 2,000 those that were told longest ago. */
export const prunePlans = async (database: DataSource): Promise<void> => {
  await affected(
    database,
    `delete from plans where told_at < now() - make_interval(days => $1)
     or id in (select id from plans order by told_at desc offset $2)`,
    [keptDays, maxPlans],
  )
}
