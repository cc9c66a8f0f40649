import {
  parseEnvironment,
  port,
  processVariables,
  url,
  type Variables,
} from '@supergraph/runtime/environment.ts'
import { identityKey } from '@supergraph/runtime/identity.ts'
import { z } from 'zod'

const http = ['http', 'https']
const originsHint = 'put origins there, separated by commas, such as https://shop.example.com'
const hopsHint = 'put the number of proxies between clients and the gateway there, such as 1'
const socketsHint = 'put the number of sockets there that one address may hold open, such as 1000'
const timeoutHint = 'put milliseconds there, such as 2000'

const isOrigin = (text: string): boolean => URL.canParse(text) && new URL(text).origin === text

/** What may be set where the gateway shares its process, besides what that process sets for it. */
export const tuningVariables = {
  CORS_ORIGINS: z
    .string()
    .transform(text => text.split(',').map(origin => origin.trim()))
    .refine(origins => origins.every(isOrigin), { error: originsHint })
    .optional(),
  SUBGRAPH_TIMEOUT_MS: z.coerce
    .number({ error: timeoutHint })
    .int({ error: timeoutHint })
    .min(1, { error: timeoutHint })
    .max(60_000, { error: timeoutHint })
    .default(2_000),
  TRUST_PROXY_HOPS: z.coerce
    .number({ error: hopsHint })
    .int({ error: hopsHint })
    .min(0, { error: hopsHint })
    .max(10, { error: hopsHint })
    .default(0),
  SOCKETS_PER_ADDRESS: z.coerce
    .number({ error: socketsHint })
    .int({ error: socketsHint })
    .min(1, { error: socketsHint })
    .default(1_000),
  UNAUTHORIZED_OPERATIONS: z
    .enum(['filter', 'reject'], { error: 'put filter or reject there' })
    .default('filter'),
}

const variables = z.object({
  ...processVariables,
  PORT: port(4000).default(4000),
  IDENTITY_KEY: identityKey,
  JWKS_URL: url(http, 'http://127.0.0.1:4001/.well-known/jwks.json').default(
    'http://127.0.0.1:4001/.well-known/jwks.json',
  ),
  USERS_URL: url(http, 'http://127.0.0.1:4001/graphql').optional(),
  PRODUCTS_URL: url(http, 'http://127.0.0.1:4002/graphql').optional(),
  ORDERS_URL: url(http, 'http://127.0.0.1:4003/graphql').optional(),
  NOTIFICATIONS_URL: url(http, 'http://127.0.0.1:4004/graphql').optional(),
  ANALYTICS_URL: url(http, 'http://127.0.0.1:4005/graphql').optional(),
  ...tuningVariables,
})

/** The gateway's settings, checked. */
export type Environment = z.output<typeof variables> & { readonly CORS_ORIGINS: readonly string[] }

/** Reads the gateway's settings; throws one EnvironmentError that names every mistake. */
export const readEnvironment = (source: Variables = process.env): Environment =>
  withOrigins(parseEnvironment('gateway', variables, source))

const withOrigins = <S extends z.output<typeof variables>>(settings: S) => {
  const sandbox = settings.NODE_ENV === 'production' ? [] : ['https://studio.apollographql.com']
  return { ...settings, CORS_ORIGINS: settings.CORS_ORIGINS ?? sandbox }
}
