import { rule } from '@supergraph/postgres/throttle/rule.ts'
import { flag, parseEnvironment, url, urls, type Variables } from '@supergraph/runtime/environment.ts'
import { identityKey } from '@supergraph/runtime/identity-keys.ts'
import { subgraphVariables } from '@supergraph/subgraph/environment.ts'
import { z } from 'zod'

const defaultProductsUrl = 'http://127.0.0.1:4002/graphql'
const defaultStripeUrl = 'https://api.stripe.com'

/** How many orders, declined payments and questions after payments are allowed at once, and in which time: `20/1h`. */
export const orderLimitVariables = {
  ORDER_LIMIT_PER_ACCOUNT: rule('300/10m'),
  DECLINE_LIMIT_PER_ACCOUNT: rule('10/1h', { firstWaitMs: 2_000 }),
  // n.b. hundreds of customers of a mobile network may share one address, and the payments under way count too
  DECLINE_LIMIT_PER_NETWORK: rule('100/1h', { firstWaitMs: 2_000 }),
  CONTINUE_LIMIT_PER_ACCOUNT: rule('60/1m'),
}

const everyHint = 'put the seconds there between two questions for events, 1 to 86400, such as 300'

const variables = z
  .object({
    ...subgraphVariables('orders', 4003),
    ...orderLimitVariables,
    /** Whether only customers place orders whose e-mail address is known to be theirs. */
    VERIFIED_EMAIL_REQUIRED: flag.default(false),
    IDENTITY_KEY: identityKey,
    PRODUCTS_URL: urls(['http', 'https'], defaultProductsUrl).default(defaultProductsUrl),
    STRIPE_API_KEY: z
      .string({ error: 'put the secret key of the Stripe account there, such as sk_test_…' })
      .regex(/^(sk|rk)_(test|live)_\w+$/, { error: 'put a secret key of Stripe there, such as sk_test_…' }),
    SHOP_URL: url(['http', 'https'], 'https://shop.example.com'),
    /** The secrets with which the payment provider may sign events; without one, no event is taken. */
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
      }),
    /** How often the provider is asked for events whose webhooks have not come. */
    STRIPE_EVENTS_EVERY_SECONDS: z.coerce
      .number({ error: everyHint })
      .int({ error: everyHint })
      .min(1, { error: everyHint })
      .max(86_400, { error: everyHint })
      .default(300),
    STRIPE_API_URL: url(['http', 'https'], defaultStripeUrl)
      .default(defaultStripeUrl)
      .transform(value => new URL(value).origin),
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

/** Adds the address of the front end in development; production has to name its own. */
const withDevelopmentShop = (source: Variables): Variables =>
  source.NODE_ENV === 'production' || source.SHOP_URL
    ? source
    : { ...source, SHOP_URL: 'http://127.0.0.1:3000' }
