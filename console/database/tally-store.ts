import { affected } from '@supergraph/postgres/statements.ts'
import type { DataSource, EntityManager } from 'typeorm'
import type { Flow } from '../traces/flows.ts'
import type { Tally } from '../traces/tally.ts'
import { storePlans } from './plan-store.ts'
import { storeUses } from './use-store.ts'

/** Adds what was counted to what is known, all or nothing. */
export const storeTally = (database: DataSource, { flows, uses, plans }: Tally): Promise<void> =>
  database.transaction(async manager => {
    await storePlans(manager, plans)
    await storeUses(manager, uses)
    await storeFlows(manager, flows)
  })

// n.b. in the order of the key, so that two processes never wait for each other
const storeFlows = (manager: EntityManager, flows: readonly Flow[]): Promise<number> =>
  affected(
    manager,
    `insert into flows as known (slot, source, target, duration_class, passages, failures)
     select * from unnest($1::timestamptz[], $2::text[], $3::text[], $4::int[], $5::int[], $6::int[]) order by 1, 2, 3, 4
     on conflict (slot, source, target, duration_class) do update set
       passages = known.passages + excluded.passages, failures = known.failures + excluded.failures`,
    [
      flows.map(({ slotMs }) => new Date(slotMs).toISOString()),
      flows.map(({ source }) => source),
      flows.map(({ target }) => target),
      flows.map(({ durationClass }) => durationClass),
      flows.map(({ passages }) => passages),
      flows.map(({ failures }) => failures),
    ],
  )
