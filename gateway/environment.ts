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
const timeoutHint = 'put milliseconds there, such as 2000'

const isOrigin = (text: string): boolean => URL.canParse(text) && new URL(text).origin === text

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
})

/** The gateway's settings, checked. */
export type Environment = z.output<typeof variables> & { readonly CORS_ORIGINS: readonly string[] }

/** Reads the gateway's settings; throws one EnvironmentError that names every mistake. */
export const readEnvironment = (source: Variables = process.env): Environment => {
  const settings = parseEnvironment('gateway', variables, source)
  const sandbox = settings.NODE_ENV === 'production' ? [] : ['https://studio.apollographql.com']
  return { ...settings, CORS_ORIGINS: settings.CORS_ORIGINS ?? sandbox }
}
