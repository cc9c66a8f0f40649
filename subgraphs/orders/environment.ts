import { rule } from '@supergraph/postgres/throttle/rule.ts'
import { flag, parseEnvironment, url, urls, type Variables } from '@supergraph/runtime/environment.ts'
import { identityKey } from '@supergraph/runtime/identity-keys.ts'
import { subgraphVariables } from '@supergraph/subgraph/environment.ts'
import { z } from 'zod'

const defaultProductsUrl = 'http://127.0.0.1:4002/graphql'
const defaultStripeUrl = 'https://api.stripe.com'

/** How many orders, declined payments and questions after payments are allowed at once, and in which time: `20/1h`. */
export const orderLimitVariables = {
  ORDER_LIMIT_PER_ACCOUNT: rule('300/10m').describe('orders of one account'),
  DECLINE_LIMIT_PER_ACCOUNT: rule('10/1h', { firstWaitMs: 2_000 }).describe(
    'declined payments of one account, and those under way; waits begin with 2 s',
  ),
  // n.b. hundreds of customers of a mobile network may share one address, and the payments under way count too
  DECLINE_LIMIT_PER_NETWORK: rule('100/1h', { firstWaitMs: 2_000 }).describe(
    'declined payments from one network, and those under way; an order that stays `PENDING` counts for its account only',
  ),
  CONTINUE_LIMIT_PER_ACCOUNT: rule('60/1m').describe(
    'questions of one account how payments stand that wait for it',
  ),
}

const everyHint = 'put the seconds there between two questions for events, 1 to 86400, such as 300'

/** The schema of the settings, each with what it is for. */
export const variables = z
  .object({
    ...subgraphVariables('orders', 4003),
    ...orderLimitVariables,
    VERIFIED_EMAIL_REQUIRED: flag
      .default(false)
      .describe(
        'whether only customers place orders whose e-mail address [is known to be theirs](accounts.md#whose-an-address-is)',
      ),
    IDENTITY_KEY: identityKey.meta({
      description: 'signs the identity tokens of this process',
      secret: true,
    }),
    PRODUCTS_URL: urls(['http', 'https'], defaultProductsUrl)
      .default(defaultProductsUrl)
      .describe(
        'where the products subgraph answers: one URL, or those of several replicas, separated by commas',
      ),
    STRIPE_API_KEY: z
      .string({ error: 'put the secret key of the Stripe account there, such as sk_test_…' })
      .regex(/^(sk|rk)_(test|live)_\w+$/, { error: 'put a secret key of Stripe there, such as sk_test_…' })
      .meta({
        description: 'the secret key of the Stripe account; `sk_live_…` goes to Stripe and nowhere else',
        secret: true,
      }),
    SHOP_URL: url(['http', 'https'], 'https://shop.example.com').describe(
      'the address of the front end: links in e-mails lead there, and customers come back there who have approved a payment',
    ),
    STRIPE_WEBHOOK_SECRETS: z
      .string()
      .default('')
      .transform(text =>
        text
          .split(',')
          .map(secret => secret.trim())
          .filter(secret => secret !== ''),
      )
      .refine(secrets => secrets.every(secret => /^whsec_\S+$/.test(secret)), {
        error: 'put the signing secrets of the endpoint there, separated by commas, such as whsec_…',
      })
      .meta({
        description:
          'with which the payment provider may sign events, separated by commas; without one, no event is taken',
        secret: true,
      }),
    STRIPE_EVENTS_EVERY_SECONDS: z.coerce
      .number({ error: everyHint })
      .int({ error: everyHint })
      .min(1, { error: everyHint })
      .max(86_400, { error: everyHint })
      .default(300)
      .describe('how often the provider is asked for events whose webhooks have not come'),
    STRIPE_API_URL: url(['http', 'https'], defaultStripeUrl)
      .default(defaultStripeUrl)
      .transform(value => new URL(value).origin)
      .describe('the payment provider'),
  })
  // n.b. a live key must not be sent to an address that isn't Stripe's
  .refine(
    ({ STRIPE_API_KEY: key, STRIPE_API_URL: address }) =>
      address === defaultStripeUrl || !key.includes('_live_'),
    {
      path: ['STRIPE_API_KEY'],
      error: `put a key of test mode there (sk_test_…), or leave STRIPE_API_URL at ${defaultStripeUrl}`,
    },
  )

/** The settings of the orders subgraph. */
export type Environment = z.output<typeof variables>

/** Reads the settings; throws an EnvironmentError that names every mistake. */
export const readEnvironment = (source: Variables = process.env): Environment =>
  parseEnvironment('orders', variables, withDevelopmentShop(source))

/** What is taken in development for what is not set. */
export const developmentDefaults = { SHOP_URL: 'http://127.0.0.1:3000' }

/** Adds the address of the front end in development; production has to name its own. */
const withDevelopmentShop = (source: Variables): Variables =>
  source.NODE_ENV === 'production' || source.SHOP_URL ? source : { ...source, ...developmentDefaults }
