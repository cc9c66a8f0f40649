import { rule } from '@supergraph/postgres/throttle/rule.ts'
import { parseEnvironment, url, type Variables } from '@supergraph/runtime/environment.ts'
import { identityKey } from '@supergraph/runtime/identity.ts'
import { subgraphVariables } from '@supergraph/subgraph/environment.ts'
import { z } from 'zod'

const defaultProductsUrl = 'http://127.0.0.1:4002/graphql'
const defaultStripeUrl = 'https://api.stripe.com'

/** How many orders and declined payments are allowed at once, and in which time: `20/1h`. */
export const orderLimitVariables = {
  ORDER_LIMIT_PER_ACCOUNT: rule('300/10m'),
  DECLINE_LIMIT_PER_ACCOUNT: rule('10/1h', { firstWaitMs: 2_000 }),
  // n.b. hundreds of customers of a mobile network may share one address, and the payments under way count too
  DECLINE_LIMIT_PER_NETWORK: rule('100/1h', { firstWaitMs: 2_000 }),
}

const variables = z
  .object({
    ...subgraphVariables('orders', 4003),
    ...orderLimitVariables,
    IDENTITY_KEY: identityKey,
    PRODUCTS_URL: url(['http', 'https'], defaultProductsUrl).default(defaultProductsUrl),
    STRIPE_API_KEY: z
      .string({ error: 'put the secret key of the Stripe account there, such as sk_test_…' })
      .regex(/^(sk|rk)_(test|live)_\w+$/, { error: 'put a secret key of Stripe there, such as sk_test_…' }),
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
  parseEnvironment('orders', variables, source)
