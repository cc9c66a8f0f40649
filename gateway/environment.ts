import {
  parseEnvironment,
  port,
  processVariables,
  readBoth,
  url,
  type Variables,
} from '@supergraph/runtime/environment.ts'
import { identityKey } from '@supergraph/runtime/identity.ts'
import { parse } from 'graphql'
import { z } from 'zod'
import { readSubgraphs, type Subgraph } from './subgraphs/subgraphs.ts'
import { readSupergraph } from './supergraph.ts'

const http = ['http', 'https']
const originsHint = 'put origins there, separated by commas, such as https://shop.example.com'
const hopsHint = 'put the number of proxies between clients and the gateway there, such as 1'
const socketsHint = 'put the number of sockets there that one address may hold open, such as 1000'
const timeoutHint = 'put milliseconds there, such as 2000'

const isOrigin = (text: string): boolean => URL.canParse(text) && new URL(text).origin === text

/** What an operator may set for a gateway that shares its process; that process sets the rest itself. */
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
  ...tuningVariables,
})

type SubgraphUrls = { readonly [setting: `${string}_URL`]: string | undefined }

/** The gateway's settings, checked; one `<NAME>_URL` for each subgraph. */
export type Environment = z.output<typeof variables> &
  SubgraphUrls & { readonly CORS_ORIGINS: readonly string[] }

/** The setting that says where a subgraph answers. */
export const urlSetting = (subgraph: string) => `${subgraph.toUpperCase().replaceAll('-', '_')}_URL` as const

/** Reads the gateway's settings for these subgraphs; throws one EnvironmentError that names every mistake. */
export const readEnvironment = (
  source: Variables = process.env,
  subgraphs: readonly Subgraph[] = readSubgraphs(parse(readSupergraph())),
): Environment => {
  const urls = Object.fromEntries(
    subgraphs.map(({ name, url: example }) => [urlSetting(name), url(http, example).optional()]),
  )
  const [settings, subgraphUrls] = readBoth(
    'gateway',
    () => parseEnvironment('gateway', variables, source),
    (): SubgraphUrls => parseEnvironment('gateway', z.object(urls), source),
  )
  const sandbox = settings.NODE_ENV === 'production' ? [] : ['https://studio.apollographql.com']
  return { ...subgraphUrls, ...settings, CORS_ORIGINS: settings.CORS_ORIGINS ?? sandbox }
}
