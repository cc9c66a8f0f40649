import type { Running } from '@supergraph/runtime/lifecycle.ts'
import { Client } from 'pg'
import type { DatabaseServer } from '../../testbed/database-server.ts'

/** What the SQL statements of some work cost: their time, and how many pages of 8 KiB they touch. */
export type SqlCost = { readonly ms: number; readonly pages: number }

/** Measures what work costs a server. */
export type Meter = Running & {
  /** The least of some rounds. n.b. sweepers and relays, which run beside requests, are in some of them. */
  readonly measure: (work: () => Promise<unknown>, rounds: number) => Promise<SqlCost>
}

/** Restarts a server so that it counts what its statements cost. */
export const openMeter = async (server: DatabaseServer): Promise<Meter> => {
  const session = await connect(server)
  await session.query(`alter system set shared_preload_libraries = 'pg_stat_statements'`)
  await session.end()
  await server.restart('fast')
  const counting = await connect(server)
  await counting.query('create extension pg_stat_statements')
  const cost = async (work: () => Promise<unknown>): Promise<SqlCost> => {
    await counting.query('select pg_stat_statements_reset()')
    await work()
    const { rows } = await counting.query<SqlCost>(
      `select coalesce(sum(total_exec_time), 0)::float8 as ms,
         coalesce(sum(shared_blks_hit + shared_blks_read + temp_blks_read + temp_blks_written), 0)::float8 as pages
       from pg_stat_statements where userid <> (select oid from pg_roles where rolname = current_user)`,
    )
    return rows[0] ?? { ms: 0, pages: 0 }
  }
  return {
    measure: async (work, rounds) => {
      let least: SqlCost = { ms: Number.POSITIVE_INFINITY, pages: Number.POSITIVE_INFINITY }
      for (let round = 0; round < rounds; round += 1) {
        const { ms, pages } = await cost(work)
        least = { ms: Math.min(least.ms, ms), pages: Math.min(least.pages, pages) }
      }
      return least
    },
    stop: () => counting.end(),
  }
}

const connect = async ({ superuserUrl }: DatabaseServer): Promise<Client> => {
  const session = new Client({ connectionString: superuserUrl })
  await session.connect()
  return session
}
