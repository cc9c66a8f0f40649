import { parseEnvironment, type Variables } from '@supergraph/runtime/environment.ts'
import { subgraphVariables } from '@supergraph/subgraph/environment.ts'
import { z } from 'zod'
import { isAcceptablePassword } from './domain/password.ts'
import { emailAddress } from './domain/user.ts'

/** The settings of the accounts that the start makes. */
export const accountVariables = {
  /** The password of every demo account; used only with DEMO_DATA. */
  DEMO_PASSWORD: z
    .string()
    .refine(password => isAcceptablePassword(password), {
      error: 'put 10 to 200 characters there that nobody would try first',
    })
    .default('supergraph-demo'),
  /** The account of the first admin: if there is no admin, it is opened, or promoted if ADMIN_PASSWORD is its password. */
  ADMIN_EMAIL: emailAddress.optional(),
  ADMIN_PASSWORD: z
    .string()
    .refine(password => isAcceptablePassword(password), {
      error: 'put 10 to 200 characters there that nobody would try first',
    })
    .optional(),
}

const variables = z.object({
  ...subgraphVariables('users', 4001),
  ...accountVariables,
})

/** The settings of the users subgraph. */
export type Environment = z.output<typeof variables>

/** Reads the settings; throws one EnvironmentError that names every mistake. */
export const readEnvironment = (source: Variables = process.env): Environment =>
  parseEnvironment('users', checked(variables), source)

const checked = <S extends typeof variables>(schema: S): S =>
  schema.refine(isSafe, unsafeDemo).refine(hasAdminPassword, missingAdminPassword)

// n.b. the demo accounts have one known password, an admin's among them
const isSafe = ({ DEMO_DATA, NODE_ENV }: Environment): boolean => !DEMO_DATA || NODE_ENV !== 'production'

const unsafeDemo = {
  path: ['DEMO_DATA'],
  error: 'leave it out if NODE_ENV is production: the password of the demo accounts is known',
}

// n.b. anyone may have registered under the address: the password tells whose account it is
const hasAdminPassword = ({ ADMIN_EMAIL, ADMIN_PASSWORD }: Environment): boolean =>
  ADMIN_EMAIL === undefined || ADMIN_PASSWORD !== undefined

const missingAdminPassword = {
  path: ['ADMIN_PASSWORD'],
  error: 'put the password of the first admin there, whose e-mail address ADMIN_EMAIL is',
}
