import { demoPassword } from '@supergraph/demo/demo-accounts.ts'
import {
  EnvironmentError,
  flag,
  parseEnvironment,
  port,
  processVariables,
  readBoth,
  url,
  type Variables,
} from '@supergraph/runtime/environment.ts'
import { messageOf } from '@supergraph/runtime/error-text.ts'
import { hostVariables } from '@supergraph/runtime/hosts.ts'
import { identityKey } from '@supergraph/runtime/identity.ts'
import { parse } from 'graphql'
import { z } from 'zod'
import { readSubgraphs, type Subgraph } from './subgraphs/subgraphs.ts'
import { readSupergraph, supergraphPath } from './supergraph.ts'

const http = ['http', 'https']
const jwksUrl = 'http://127.0.0.1:4001/.well-known/jwks.json'
const originsHint = 'put origins there, separated by commas, such as https://shop.example.com'
const hopsHint = 'put the number of proxies between clients and the gateway there, such as 1'
const socketsHint = 'put the number of sockets there that one address may hold open, such as 1000'
const limitHint = (example: number) => `put the most that an operation may have there, such as ${example}`
const answerHint = 'put the number of bytes there that the answer to one operation may have, such as 2097152'
const cacheHint = 'put the number of bytes there that a gateway keeps of entities in memory, such as 67108864'
const maxMetricsClients = 20
const clientsHint = 'put the names of at most 20 clients there, separated by commas, such as web,ios'
const keepAliveHint = 'put the seconds there that an idle connection stays open, such as 75'
const sharesHint =
  'put the share in percent of each label there, separated by commas, such as move-reviews=25,new-prices=100'
const usageHint = 'put the seconds between two reports there, such as 30'
const timeoutHint = 'put milliseconds there, such as 2000'

// n.b. the pages of mobile apps have origins such as capacitor://localhost, which a URL of that kind does not tell
const isOrigin = (text: string): boolean => {
  const { origin, protocol, host } = URL.parse(text) ?? {}
  return text === (origin === 'null' ? `${protocol}//${host}` : origin)
}

const integer = (min: number, max: number, error: string) =>
  z.coerce.number({ error }).int({ error }).min(min, { error }).max(max, { error })

/** The shares of labels of `@override` by their names; undefined if the text has another form. */
const readShares = (text: string): ReadonlyMap<string, number> | undefined => {
  const shares = new Map<string, number>()
  for (const part of text.split(',').map(each => each.trim())) {
    if (part === '') continue
    const [, label, share] = /^([a-z][\w\-:./]*)\s*=\s*(\d{1,3}(?:\.\d{1,8})?)$/i.exec(part) ?? []
    if (label === undefined || Number(share) > 100 || shares.has(label)) return undefined
    shares.set(label, Number(share))
  }
  return shares
}

/** What an operator may set for a gateway that shares its process; that process sets the rest itself. */
export const tuningVariables = {
  CORS_ORIGINS: z
    .string()
    .transform(text => text.split(',').map(origin => origin.trim()))
    .refine(origins => origins.every(isOrigin), { error: originsHint })
    .optional(),
  SUBGRAPH_TIMEOUT_MS: integer(1, 60_000, timeoutHint).default(2_000),
  // n.b. a text of more than 536,870,888 characters can't be had
  MAX_ANSWER_BYTES: integer(1_000, 500_000_000, answerHint).default(2 * 1024 * 1024),
  ...hostVariables,
  METRICS_CLIENTS: z
    .string()
    .default('')
    .transform(text =>
      text
        .split(',')
        .map(name => name.trim())
        .filter(name => name !== ''),
    )
    .refine(names => names.length <= maxMetricsClients, { error: clientsHint }),
  ENTITY_CACHE_URL: url(['redis', 'rediss'], 'redis://127.0.0.1:6379').optional(),
  ENTITY_CACHE_BYTES: integer(0, 10_000_000_000, cacheHint).default(64 * 1024 * 1024),
  KEEP_ALIVE_SECONDS: integer(1, 3_600, keepAliveHint).default(75),
  TRUST_PROXY_HOPS: integer(0, 10, hopsHint).default(0),
  SOCKETS_PER_ADDRESS: integer(1, Number.MAX_SAFE_INTEGER, socketsHint).default(1_000),
  MAX_TOKENS: integer(1, 100_000, limitHint(2_000)).default(2_000),
  MAX_ROOT_FIELDS: integer(1, 1_000, limitHint(20)).default(20),
  MAX_ALIASES: integer(0, 10_000, limitHint(30)).default(30),
  MAX_DIRECTIVES: integer(0, 1_000, limitHint(10)).default(10),
  MAX_DEPTH: integer(1, 50, limitHint(12)).default(12),
  // n.b. measured: an operation with a thousand selections may have 300 fetches, which take 100 ms to plan
  MAX_SELECTIONS: integer(1, 10_000, limitHint(1_000)).default(1_000),
  MAX_COST: integer(1, 1_000_000, limitHint(6_000)).default(6_000),
  MAX_FETCHES: integer(1, 1_000_000, limitHint(60)).default(60),
  TRUSTED_DOCUMENTS_ONLY: z
    .enum(['true', 'false'], { error: 'put true or false there' })
    .default('false')
    .transform(text => text === 'true'),
  SUPERGRAPH_PATH: z.string().default(supergraphPath),
  /** The registry from which the supergraph comes, if it is not only in the file. */
  SUPERGRAPH_URL: url(http, 'http://127.0.0.1:4008/uplink').optional(),
  SUPERGRAPH_REF: z.string().optional(),
  SUPERGRAPH_KEY: z.string().optional(),
  OVERRIDE_LABELS: z
    .string()
    .default('')
    .transform((text, { addIssue }) => {
      const shares = readShares(text)
      if (shares === undefined) addIssue({ code: 'custom', message: sharesHint })
      return shares ?? new Map<string, number>()
    }),
  /** Whether the registry is told which operations clients run. */
  USAGE_REPORTS: flag.default(true),
  /** Where that is told, if not to the registry from which the supergraph comes. */
  USAGE_URL: url(http, 'http://127.0.0.1:4008/usage').optional(),
  USAGE_SECONDS: integer(1, 3_600, usageHint).default(30),
  UNAUTHORIZED_OPERATIONS: z
    .enum(['filter', 'reject'], { error: 'put filter or reject there' })
    .default('filter'),
}

const variables = z.object({
  ...processVariables,
  PORT: port(4000).default(4000),
  IDENTITY_KEY: identityKey,
  JWKS_URL: url(http, jwksUrl).default(jwksUrl),
  /** Where people find the console, the registry and the mailbox; pages lead there, in development alone. */
  CONSOLE_URL: url(http, 'http://127.0.0.1:4007').optional(),
  REGISTRY_URL: url(http, 'http://127.0.0.1:4008').optional(),
  MAILBOX_URL: url(http, 'http://127.0.0.1:4006').optional(),
  /** Whether the demo accounts can be signed in by a click, and their password; in development alone. */
  DEMO_DATA: flag.default(false),
  DEMO_PASSWORD: z.string().default(demoPassword),
  ...tuningVariables,
})

// n.b. the supergraph of the registry is kept in the file
const ownPathHint = 'name a file of the gateway alone, where the last supergraph of SUPERGRAPH_URL is kept'

const withRegistry = variables.superRefine(
  ({ SUPERGRAPH_URL, USAGE_URL, SUPERGRAPH_PATH, SUPERGRAPH_REF, SUPERGRAPH_KEY }, { addIssue }) => {
    if (SUPERGRAPH_URL === undefined && USAGE_URL === undefined) return
    const demand = (path: string, message: string) => addIssue({ code: 'custom', path: [path], message })
    if (SUPERGRAPH_REF === undefined)
      demand('SUPERGRAPH_REF', 'name a graph and its variant, such as shop@current')
    if (SUPERGRAPH_KEY === undefined)
      demand('SUPERGRAPH_KEY', 'put a key there that npm run registry -- keys add made')
    if (SUPERGRAPH_URL !== undefined && SUPERGRAPH_PATH === supergraphPath)
      demand('SUPERGRAPH_PATH', ownPathHint)
  },
)

type SubgraphUrls = { readonly [setting: `${string}_URL`]: string | undefined }

/** The gateway's settings, checked; one `<NAME>_URL` for each subgraph. */
export type Environment = z.output<typeof variables> &
  SubgraphUrls & { readonly CORS_ORIGINS: readonly string[] }

/** The setting that says where a subgraph answers. */
export const urlSetting = (subgraph: string) => `${subgraph.toUpperCase().replaceAll('-', '_')}_URL` as const

/** Reads the gateway's settings for these subgraphs; throws one EnvironmentError that names every mistake. */
export const readEnvironment = (
  source: Variables = process.env,
  subgraphs: readonly Subgraph[] = subgraphsIn(source),
): Environment => {
  const urls = Object.fromEntries(
    subgraphs.map(({ name, url: example }) => [urlSetting(name), url(http, example).optional()]),
  )
  const [settings, subgraphUrls] = readBoth(
    'gateway',
    () => parseEnvironment('gateway', withRegistry, source),
    (): SubgraphUrls => parseEnvironment('gateway', z.object(urls), source),
  )
  const sandbox = settings.NODE_ENV === 'production' ? [] : ['https://studio.apollographql.com']
  return {
    ...urlsOfLaterSubgraphs(source),
    ...subgraphUrls,
    ...settings,
    CORS_ORIGINS: settings.CORS_ORIGINS ?? sandbox,
  }
}

const subgraphsIn = ({ SUPERGRAPH_PATH: path, SUPERGRAPH_URL }: Variables): readonly Subgraph[] => {
  const subgraphsOf = (file?: string) => readSubgraphs(parse(readSupergraph(file)))
  try {
    return subgraphsOf(path || undefined)
  } catch (error) {
    // n.b. the file comes to be when the registry is asked for the first time, and what is wrong with it is said when it is needed
    if (SUPERGRAPH_URL) return subgraphsOf()
    throw new EnvironmentError('gateway', [
      `SUPERGRAPH_PATH is not usable: put the path of a composed supergraph there (${messageOf(error)})`,
    ])
  }
}

/** n.b. a supergraph that comes while the process runs may have subgraphs whose settings are set already. */
const urlsOfLaterSubgraphs = (source: Variables): SubgraphUrls =>
  Object.fromEntries(
    Object.entries(source).filter(
      ([name, value]) =>
        name.endsWith('_URL') && http.includes(URL.parse(value ?? '')?.protocol.slice(0, -1) ?? ''),
    ),
  )
