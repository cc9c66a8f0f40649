import { demoPassword } from '@supergraph/demo/demo-accounts.ts'
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

const pollHint = 'put a number of seconds there, such as 10'

/** The schema of the settings, each with what it is for. */
export const variables = z.object({
  ...processVariables,
  PORT: port(4008).default(4008).describe('the port to listen on'),
  ...databaseVariables('registry'),
  PUBLIC_URL: url(['http', 'https'], 'https://registry.shop.example')
    .optional()
    .describe('where people and rover find the registry, if that is not where it listens'),
  POLL_SECONDS: z.coerce
    .number({ error: pollHint })
    .min(0.1, { error: pollHint })
    .max(3_600, { error: pollHint })
    .default(10)
    .describe('after how many seconds gateways are told to ask for their supergraph again'),
  DEMO_DATA: flag.default(false).describe('whether an empty registry gets the graph of this repository'),
  DEMO_PASSWORD: z
    .string()
    .default(demoPassword)
    .meta({ description: 'the secret of the key to the demo graph', secret: true }),
})

/** The settings of the registry. */
export type Environment = z.output<typeof variables>

/** Reads the settings; throws an EnvironmentError that names every mistake. */
export const readEnvironment = (source: Variables = process.env): Environment =>
  parseEnvironment('registry', variables.refine(isSafe, unsafeDemo), source)

// n.b. the demo graph has one known key, an admin's
const isSafe = ({ DEMO_DATA, NODE_ENV }: Environment): boolean => !DEMO_DATA || NODE_ENV !== 'production'

const unsafeDemo = {
  path: ['DEMO_DATA'],
  error: 'leave it out if NODE_ENV is production: the key to the demo graph is known',
}
