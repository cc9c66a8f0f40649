import {
  databaseVariables,
  flag,
  parseEnvironment,
  port,
  processVariables,
  url,
  type Variables,
} from '@supergraph/runtime/environment.ts'
import { z } from 'zod'

const defaultKey = 'sk_test_simulator'
const defaultWebhookSecret = 'whsec_simulator'

/** Where people's browsers find the simulator's pages; its own address unless told otherwise. */
export const pageVariables = {
  SIMULATOR_URL: url(['http', 'https'], 'http://127.0.0.1:4010')
    .optional()
    .describe("where people's browsers find its pages; its own address unless it is set"),
}

/** The schema of the settings, each with what it is for. */
export const variables = z.object({
  ...processVariables,
  PORT: port(4010).default(4010).describe('the port to listen on'),
  ...databaseVariables('payment_simulator'),
  STRIPE_API_KEY: z
    .string()
    .regex(/^sk_test_[\w-]+$/, { error: `put a key that starts with sk_test_ there, such as ${defaultKey}` })
    .default(defaultKey)
    .meta({
      description: 'the key that callers must have; never one that could charge a real card',
      secret: true,
    }),
  ...pageVariables,
  WEBHOOK_URL: url(['http', 'https'], 'http://127.0.0.1:4003/webhooks/stripe')
    .optional()
    .describe('where the shop takes what happens to payments; without it nothing is sent'),
  WEBHOOK_SECRET: z
    .string()
    .regex(/^whsec_\w+(,whsec_\w+)*$/, {
      error: `put a secret that starts with whsec_ there, such as ${defaultWebhookSecret}`,
    })
    .default(defaultWebhookSecret)
    .transform(secrets => secrets.split(','))
    .meta({
      description: 'with which events are signed; several, separated by commas, sign each event together',
      secret: true,
    }),
  DEMO_DATA: flag.default(false).describe('whether an empty shop is filled with demo data'),
})

/** The settings of the payment simulator. */
export type Environment = z.output<typeof variables>

/** Reads the settings; throws an EnvironmentError that names every mistake. */
export const readEnvironment = (source: Variables = process.env): Environment =>
  parseEnvironment('payment-simulator', variables, source)
