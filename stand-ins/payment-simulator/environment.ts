import {
  databaseUrl,
  flag,
  parseEnvironment,
  port,
  processVariables,
  type Variables,
} from '@supergraph/runtime/environment.ts'
import { z } from 'zod'

const defaultKey = 'sk_test_simulator'

const variables = z.object({
  ...processVariables,
  PORT: port(4010).default(4010),
  DATABASE_URL: databaseUrl('payment_simulator'),
  /** The key that callers must have; never one that could charge a real card. */
  STRIPE_API_KEY: z
    .string()
    .regex(/^sk_test_[\w-]+$/, { error: `put a key that starts with sk_test_ there, such as ${defaultKey}` })
    .default(defaultKey),
  DEMO_DATA: flag.default(false),
})

/** The settings of the payment simulator. */
export type Environment = z.output<typeof variables>

/** Reads the settings; throws an EnvironmentError that names every mistake. */
export const readEnvironment = (source: Variables = process.env): Environment =>
  parseEnvironment('payment-simulator', variables, source)
