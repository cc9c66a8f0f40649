import { type Running, startAll } from '@supergraph/runtime/lifecycle.ts'
import { Pool } from 'pg'
import { databaseNameOf } from '../../services.ts'
import type { Plan } from '../../testbed/system/plan.ts'
import type { RecordedCheckout } from './recording.ts'
import { checkoutServices } from './services.ts'

/** Sends what was recorded of checkouts, with nothing but `pg` between. */
type Floor = Running & {
  readonly replay: (checkout: RecordedCheckout) => Promise<void>
  /** Throws unless the databases now hold so many confirmed orders: a statement that missed its row fails silently. */
  readonly requireConfirmed: (orders: number) => Promise<void>
}

/** Equal to the maximum of connections that a service opens (see openDatabase). */
const poolSize = 10

/** Opens the floor on databases that are as they were before the recording. */
export const openFloor = ({ databaseUrls }: Pick<Plan, 'databaseUrls'>): Promise<Floor> =>
  startAll(async use => {
    const pools = new Map<string, Pool>()
    for (const service of checkoutServices) {
      const pool = new Pool({ connectionString: databaseUrls[service], max: poolSize })
      // n.b. `end` doesn't wait until the connections are closed, and restoring the database ends those that are left.
      pool.on('error', () => {})
      use({ stop: () => pool.end() })
      pools.set(databaseNameOf(service), pool)
    }
    return {
      replay: async checkout => {
        for (const { database, statements } of checkout) {
          const pool = pools.get(database)
          if (pool === undefined) throw new Error(`a statement was recorded of another database, ${database}`)
          const client = await pool.connect()
          try {
            for (const { text, values } of statements) await client.query(text, values && [...values])
          } finally {
            client.release()
          }
        }
      },
      requireConfirmed: async orders => {
        const confirmed = `select count(*)::int as orders from orders where status = 'CONFIRMED' and step is null`
        const result = await pools.get('orders')?.query<{ orders: number }>(confirmed)
        const found = result?.rows[0]?.orders
        if (found !== orders) throw new Error(`the floor confirmed ${found} orders instead of ${orders}`)
      },
    } satisfies Omit<Floor, 'stop'>
  })
