import { parseEnvironment, type Variables } from '@supergraph/runtime/environment.ts'
import { subgraphVariables } from '@supergraph/subgraph/environment.ts'
import { z } from 'zod'

const ttlHint =
  'put the seconds there that an order may hold stock before it is paid, 1 to 86400, such as 900'

/** The settings that products has on top of those that every subgraph has. */
export const reservationVariables = {
  RESERVATION_TTL_SECONDS: z.coerce
    .number({ error: ttlHint })
    .int({ error: ttlHint })
    .min(1, { error: ttlHint })
    .max(86_400, { error: ttlHint })
    .default(900)
    .describe('how long an order may hold stock before it is paid'),
}

/** The schema of the settings, each with what it is for. */
export const variables = z.object({ ...subgraphVariables('products', 4002), ...reservationVariables })

/** The settings of the products subgraph. */
export type Environment = z.output<typeof variables>

/** Reads the settings; throws one EnvironmentError that names every mistake. */
export const readEnvironment = (source: Variables = process.env): Environment =>
  parseEnvironment('products', variables, source)
