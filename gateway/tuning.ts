import { flag, url } from '@supergraph/runtime/environment.ts'
import { hostVariables } from '@supergraph/runtime/hosts.ts'
import { z } from 'zod'
import { supergraphPath } from './supergraph-path.ts'

const http = ['http', 'https']
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
