import { demoPassword } from '@supergraph/demo/demo-accounts.ts'
import { rule } from '@supergraph/postgres/throttle/rule.ts'
import { flag, parseEnvironment, url, type Variables } from '@supergraph/runtime/environment.ts'
import { sealingKeys } from '@supergraph/runtime/sealed.ts'
import { emailAddress } from '@supergraph/schema/email-address.ts'
import { subgraphVariables } from '@supergraph/subgraph/environment.ts'
import { z } from 'zod'
import { isAcceptablePassword } from './domain/password.ts'

/** The settings of the accounts that the start makes. */
export const accountVariables = {
  DEMO_PASSWORD: z
    .string()
    .refine(password => isAcceptablePassword(password), {
      error: 'put 10 to 200 characters there that nobody would try first',
    })
    .default(demoPassword)
    .meta({ description: 'the password of every demo account; used only with `DEMO_DATA`', secret: true }),
  ADMIN_EMAIL: emailAddress
    .optional()
    .describe(
      'the account of the first admin: if there is no admin, it is opened, or promoted if `ADMIN_PASSWORD` is its password',
    ),
  ADMIN_PASSWORD: z
    .string()
    .refine(password => isAcceptablePassword(password), {
      error: 'put 10 to 200 characters there that nobody would try first',
    })
    .optional()
    .meta({ description: 'the password of `ADMIN_EMAIL`', secret: true }),
}

/** How many wrong passwords and new accounts are allowed at once, and in which time: `20/1h`. */
export const accountLimitVariables = {
  LOGIN_LIMIT_PER_ACCOUNT_AND_NETWORK: rule('6/90m', { firstWaitMs: 1_000 }).describe(
    'wrong passwords for one account from one network; waits begin with 1 s',
  ),
  LOGIN_LIMIT_PER_ACCOUNT: rule('101/50m', { firstWaitMs: 1_000 }).describe(
    'wrong passwords for one account; waits begin with 1 s',
  ),
  LOGIN_LIMIT_PER_NETWORK: rule('50/10m').describe('accounts with a wrong password from one network'),
  TOTP_LIMIT_PER_ACCOUNT_AND_NETWORK: rule('6/90m', { firstWaitMs: 1_000 }).describe(
    'codes for logins of one account from one network, until one is right; waits begin with 1 s',
  ),
  TOTP_LIMIT_PER_ACCOUNT: rule('20/1d').describe(
    'wrong codes for logins of one account; from a network from which it was signed in to before, only `TOTP_LIMIT_PER_ACCOUNT_AND_NETWORK` counts',
  ),
  PASSWORD_CHANGE_LIMIT: rule('6/90m', { firstWaitMs: 1_000 }).describe(
    'wrong passwords of one user in `changePassword` and the like, and wrong codes there; waits begin with 1 s',
  ),
  PASSWORD_RESET_LIMIT_PER_ACCOUNT: rule('5/1h').describe(
    'requests for a new password for one address, whether it has an account or not',
  ),
  PASSWORD_RESET_LIMIT_PER_NETWORK: rule('20/1h').describe('requests for a new password from one network'),
  EMAIL_LINK_LIMIT_PER_ACCOUNT: rule('5/1h').describe(
    'requests of one account for a link that tells whose an address is, or changes it',
  ),
  EMAIL_LINK_LIMIT_PER_NETWORK: rule('20/1h').describe('requests from one network for such a link'),
  EXPORT_LIMIT_PER_ACCOUNT: rule('5/1h').describe(
    'requests of one account for everything that is known of them',
  ),
  REGISTER_LIMIT_PER_NETWORK: rule('20/1h').describe(
    'registrations from one network, those of taken addresses too',
  ),
  REGISTER_LIMIT: rule('1000/10m').describe('registrations in all'),
}

const graceAdvice =
  'put the seconds there after which a deletion can not be cancelled any more, such as 604800'

/** The schema of the settings, each with what it is for. */
export const variables = z.object({
  ...subgraphVariables('users', 4001),
  LINK_KEYS: sealingKeys.meta({
    description:
      'seal the tokens of links in e-mails on their way to notifications; [to replace one](accounts.md#forgotten-passwords), put the new one before it, with a comma',
    secret: true,
  }),
  TOTP_KEYS: sealingKeys.meta({
    description:
      'seal the secrets of the apps that make [codes](accounts.md#a-second-factor), for as long as there are accounts',
    secret: true,
  }),
  TOTP_ISSUER: z
    .string()
    .trim()
    .min(1)
    .max(50)
    .default('Commerce Supergraph')
    .describe('what apps that make codes show as the name of the shop'),
  STAFF_TOTP_REQUIRED: flag
    .default(false)
    .describe(
      'whether staff and admins [can do nothing of the shop](accounts.md#a-second-factor) before they have a second factor',
    ),
  GATEWAY_URL: url(['http', 'https'], 'http://127.0.0.1:4000/graphql')
    .default('http://127.0.0.1:4000/graphql')
    .describe('where users asks what the other subgraphs know of somebody'),
  PUBLIC_USERS_URL: url(['http', 'https'], 'https://api.shop.example')
    .optional()
    .describe(
      'where browsers find this process, of which the path `/my-data` is published; its port on this machine if it is not set',
    ),
  ...accountVariables,
  ...accountLimitVariables,
  ACCOUNT_DELETION_GRACE_SECONDS: z.coerce
    .number({ error: graceAdvice })
    .int({ error: graceAdvice })
    .min(0, { error: graceAdvice })
    .max(31_536_000, { error: graceAdvice })
    .default(604_800)
    .describe('for how long the deletion of an account can be cancelled; 0 deletes at once'),
})

/** The settings of the users subgraph. */
export type Environment = z.output<typeof variables>

/** Reads the settings; throws one EnvironmentError that names every mistake. */
export const readEnvironment = (source: Variables = process.env): Environment =>
  parseEnvironment('users', checked(variables), withDevelopmentLimits(source))

const checked = <S extends typeof variables>(schema: S): S =>
  schema.refine(isSafe, unsafeDemo).refine(hasAdminPassword, missingAdminPassword)

/** What is taken in development for what is not set. */
// n.b. in development everybody comes from one address, the replay of an order history with its hundreds of customers too
export const developmentDefaults = { REGISTER_LIMIT_PER_NETWORK: '200/20s', REGISTER_LIMIT: '1000/100s' }

const withDevelopmentLimits = (source: Variables): Variables =>
  source.NODE_ENV === 'production'
    ? source
    : { ...developmentDefaults, ...Object.fromEntries(Object.entries(source).filter(([, value]) => value)) }

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
