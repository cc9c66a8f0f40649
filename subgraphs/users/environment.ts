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
  /** The password of every demo account; used only with DEMO_DATA. */
  DEMO_PASSWORD: z
    .string()
    .refine(password => isAcceptablePassword(password), {
      error: 'put 10 to 200 characters there that nobody would try first',
    })
    .default(demoPassword),
  /** The account of the first admin: if there is no admin, it is opened, or promoted if ADMIN_PASSWORD is its password. */
  ADMIN_EMAIL: emailAddress.optional(),
  ADMIN_PASSWORD: z
    .string()
    .refine(password => isAcceptablePassword(password), {
      error: 'put 10 to 200 characters there that nobody would try first',
    })
    .optional(),
}

/** How many wrong passwords and new accounts are allowed at once, and in which time: `20/1h`. */
export const accountLimitVariables = {
  LOGIN_LIMIT_PER_ACCOUNT_AND_NETWORK: rule('6/90m', { firstWaitMs: 1_000 }),
  LOGIN_LIMIT_PER_ACCOUNT: rule('101/50m', { firstWaitMs: 1_000 }),
  /** Accounts with a wrong password, not passwords. */
  LOGIN_LIMIT_PER_NETWORK: rule('50/10m'),
  /** Codes for logins. */
  TOTP_LIMIT_PER_ACCOUNT_AND_NETWORK: rule('6/90m', { firstWaitMs: 1_000 }),
  TOTP_LIMIT_PER_ACCOUNT: rule('20/1d'),
  PASSWORD_CHANGE_LIMIT: rule('6/90m', { firstWaitMs: 1_000 }),
  /** Requests, also for addresses that nobody has. */
  PASSWORD_RESET_LIMIT_PER_ACCOUNT: rule('5/1h'),
  PASSWORD_RESET_LIMIT_PER_NETWORK: rule('20/1h'),
  /** Requests for a link that tells whose an address is. */
  EMAIL_LINK_LIMIT_PER_ACCOUNT: rule('5/1h'),
  EMAIL_LINK_LIMIT_PER_NETWORK: rule('20/1h'),
  EXPORT_LIMIT_PER_ACCOUNT: rule('5/1h'),
  REGISTER_LIMIT_PER_NETWORK: rule('20/1h'),
  REGISTER_LIMIT: rule('1000/10m'),
}

const graceAdvice =
  'put the seconds there after which a deletion can not be cancelled any more, such as 604800'

const variables = z.object({
  ...subgraphVariables('users', 4001),
  /** Seals the tokens of links in e-mails on their way to notifications. */
  LINK_KEYS: sealingKeys,
  /** Seal the secrets of the apps that make codes, for as long as there are accounts. */
  TOTP_KEYS: sealingKeys,
  /** What these apps show as the name of the shop. */
  TOTP_ISSUER: z.string().trim().min(1).max(50).default('Commerce Supergraph'),
  /** Gives staff and admins nothing that staff may do before they have a second factor. */
  STAFF_TOTP_REQUIRED: flag.default(false),
  /** Where users asks what the other subgraphs know of somebody. */
  GATEWAY_URL: url(['http', 'https'], 'http://127.0.0.1:4000/graphql').default(
    'http://127.0.0.1:4000/graphql',
  ),
  /** Where browsers find this process, of which the path /my-data is published; its port on this machine if it is not set. */
  PUBLIC_USERS_URL: url(['http', 'https'], 'https://api.shop.example').optional(),
  ...accountVariables,
  ...accountLimitVariables,
  /** How long an account that is to be deleted can still be kept; 7 days. */
  ACCOUNT_DELETION_GRACE_SECONDS: z.coerce
    .number({ error: graceAdvice })
    .int({ error: graceAdvice })
    .min(0, { error: graceAdvice })
    .max(31_536_000, { error: graceAdvice })
    .default(604_800),
})

/** The settings of the users subgraph. */
export type Environment = z.output<typeof variables>

/** Reads the settings; throws one EnvironmentError that names every mistake. */
export const readEnvironment = (source: Variables = process.env): Environment =>
  parseEnvironment('users', checked(variables), withDevelopmentLimits(source))

const checked = <S extends typeof variables>(schema: S): S =>
  schema.refine(isSafe, unsafeDemo).refine(hasAdminPassword, missingAdminPassword)

// n.b. in development everybody comes from one address, the replay of an order history with its hundreds of customers too
const developmentLimits = { REGISTER_LIMIT_PER_NETWORK: '200/20s', REGISTER_LIMIT: '1000/100s' }

const withDevelopmentLimits = (source: Variables): Variables =>
  source.NODE_ENV === 'production'
    ? source
    : { ...developmentLimits, ...Object.fromEntries(Object.entries(source).filter(([, value]) => value)) }

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
