import { createTestDatabase } from '@supergraph/postgres/tests/test-database.ts'
import { startAll } from '@supergraph/runtime/lifecycle.ts'
import { Pool, type QueryResultRow } from 'pg'
import Stripe from 'stripe'
import type { z } from 'zod'
import { readEnvironment } from '../environment.ts'
import type { faultSwitches } from '../faults.ts'
import { startPaymentSimulator } from '../server.ts'

/** A payment simulator with a database of its own, on a free port; `stop` drops the database. */
export const startTestSimulator = (settings: Readonly<Record<string, string>> = {}) =>
  startAll(async use => {
    const database = await createTestDatabase()
    use({ stop: database.drop })
    const environment = readEnvironment({
      PORT: '0',
      LOG_LEVEL: 'silent',
      DATABASE_URL: database.url,
      ...settings,
    })
    const { STRIPE_API_KEY: apiKey } = environment
    const simulator = use(await startPaymentSimulator(environment))
    const pool = new Pool({ connectionString: database.url, max: 4 })
    // n.b. dropping the database ends the sessions that are idle in the pool
    pool.on('error', () => {})
    use({ stop: () => pool.end() })

    return {
      url: simulator.url,
      apiKey,
      /** Connections to its database, such as for holding a lock. */
      pool,
      query: async <Row extends QueryResultRow>(
        sql: string,
        values: unknown[] = [],
      ): Promise<readonly Row[]> => (await pool.query<Row>(sql, values)).rows,
      /** Replaces the fault switches; none without arguments. */
      setFaults: async (...faults: z.input<typeof faultSwitches>['faults']): Promise<void> => {
        const response = await fetch(`${simulator.url}/simulator/faults`, {
          method: 'PUT',
          headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' },
          body: JSON.stringify({ faults }),
        })
        if (!response.ok) throw new Error(await response.text())
      },
    }
  })

/** The official SDK, talking to a simulator. */
export const createStripe = (url: string, apiKey: string): Stripe => {
  const { hostname, port } = new URL(url)
  return new Stripe(apiKey, { protocol: 'http', host: hostname, port, maxNetworkRetries: 0 })
}

/** The error of Stripe's that a request is refused with; throws if it is not refused. */
export const errorOf = (request: Promise<unknown>) =>
  request.then(
    () => {
      throw new Error('The request was not refused.')
    },
    (error: unknown) => {
      if (error instanceof Stripe.errors.StripeError) return error
      throw error
    },
  )
