import {
  brokerVariables,
  parseEnvironment,
  subgraphVariables,
  type Variables,
} from '@supergraph/runtime/environment.ts'
import { z } from 'zod'
import { isAcceptablePassword } from './domain/password.ts'

const variables = z.object({
  ...subgraphVariables('users', 4001),
  /** The password of every demo account; without DEMO_DATA nobody has it. */
  DEMO_PASSWORD: z
    .string()
    .refine(isAcceptablePassword, { error: 'put a password of 10 to 200 characters there' })
    .default('supergraph-demo'),
})

/** The settings of the users subgraph. */
export type Environment = z.output<typeof variables>

/** The settings for running inside another process; throws one EnvironmentError that names every mistake. */
export const readEnvironment = (source: Variables = process.env): Environment =>
  parseEnvironment('users', variables.refine(isSafe, unsafeDemo), source)

/** The settings of a process of its own, the broker's URL included. */
export const readProcessEnvironment = (source: Variables = process.env) =>
  parseEnvironment('users', variables.extend(brokerVariables).refine(isSafe, unsafeDemo), source)

// n.b. the demo accounts have one known password, an admin's among them
const isSafe = ({ DEMO_DATA, NODE_ENV }: Environment): boolean => !DEMO_DATA || NODE_ENV !== 'production'

const unsafeDemo = {
  path: ['DEMO_DATA'],
  error: 'leave it out where NODE_ENV is production: the password of the demo accounts is known',
}
