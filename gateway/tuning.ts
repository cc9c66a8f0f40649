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
    .optional()
    .describe(
      'the origins whose pages may use the API, separated by commas; in development Apollo Sandbox may if nothing is set',
    ),
  SUBGRAPH_TIMEOUT_MS: integer(1, 60_000, timeoutHint)
    .default(2_000)
    .describe('how long a subgraph may take for an answer'),
  // n.b. a text of more than 536,870,888 characters can't be had
  MAX_ANSWER_BYTES: integer(1_000, 500_000_000, answerHint)
    .default(2 * 1024 * 1024)
    .describe("bytes of the subgraphs' answers to one operation"),
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
    .refine(names => names.length <= maxMetricsClients, { error: clientsHint })
    .describe('names of clients that metrics tell apart, 20 at most, separated by commas'),
  ENTITY_CACHE_URL: url(['redis', 'rediss'], 'redis://127.0.0.1:6379').optional().meta({
    description:
      'a Redis (7 or later) for what [all gateways keep of entities](decisions/0026-kept-entities.md); without it each keeps its own in memory',
    secret: true,
  }),
  ENTITY_CACHE_BYTES: integer(0, 10_000_000_000, cacheHint)
    .default(64 * 1024 * 1024)
    .describe('how many bytes of entities a gateway keeps in memory; 0 keeps none'),
  KEEP_ALIVE_SECONDS: integer(1, 3_600, keepAliveHint)
    .default(75)
    .describe(
      'how long an idle connection stays open. It must be longer than the proxy keeps its own (60 s in most): otherwise the proxy sends a request on a connection that is closing, and its client gets 502',
    ),
  TRUST_PROXY_HOPS: integer(0, 10, hopsHint)
    .default(0)
    .describe(
      "how many proxies of yours append to `X-Forwarded-For`; the gateway takes the client's address from there",
    ),
  SOCKETS_PER_ADDRESS: integer(1, Number.MAX_SAFE_INTEGER, socketsHint)
    .default(1_000)
    .describe('how many sockets one client address, or one IPv6 network of 64 bits, may hold open'),
  MAX_TOKENS: integer(1, 100_000, limitHint(2_000))
    .default(2_000)
    .describe('names, values and punctuation of a whole document; its comments count by themselves'),
  MAX_ROOT_FIELDS: integer(1, 1_000, limitHint(20))
    .default(20)
    .describe('fields of `Query`, `Mutation` or `Subscription` in one operation'),
  MAX_ALIASES: integer(0, 10_000, limitHint(30)).default(30).describe('aliases of one operation'),
  MAX_DIRECTIVES: integer(0, 1_000, limitHint(10)).default(10).describe('directives of one operation'),
  MAX_DEPTH: integer(1, 50, limitHint(12))
    .default(12)
    .describe('fields inside fields of one operation; introspection does not count'),
  // n.b. measured: an operation with a thousand selections may have 300 fetches, which take 100 ms to plan
  MAX_SELECTIONS: integer(1, 10_000, limitHint(1_000))
    .default(1_000)
    .describe('fields and fragments of one operation'),
  MAX_COST: integer(1, 1_000_000, limitHint(6_000))
    .default(6_000)
    .describe(
      'what one operation [costs](running.md#limits-of-an-operation) with the values of its variables',
    ),
  MAX_FETCHES: integer(1, 1_000_000, limitHint(60))
    .default(60)
    .describe('requests to subgraphs that one operation takes, or one event of a subscription'),
  TRUSTED_DOCUMENTS_ONLY: z
    .enum(['true', 'false'], { error: 'put true or false there' })
    .default('false')
    .transform(text => text === 'true')
    .describe('whether [recorded operations](running.md#recorded-operations-alone) run and nothing else'),
  SUPERGRAPH_PATH: z
    .string()
    .default(supergraphPath)
    .describe(
      'the file of the supergraph; with `SUPERGRAPH_URL`, the one in which the gateway keeps the last one',
    ),
  SUPERGRAPH_URL: url(http, 'http://127.0.0.1:4008/uplink')
    .optional()
    .describe('the registry from which the supergraph comes, if it is not only in the file'),
  SUPERGRAPH_REF: z
    .string()
    .optional()
    .describe('the graph and its variant in the registry, such as `shop@current`'),
  SUPERGRAPH_KEY: z
    .string()
    .optional()
    .meta({ description: 'the key to the graph in the registry', secret: true }),
  OVERRIDE_LABELS: z
    .string()
    .default('')
    .transform((text, { addIssue }) => {
      const shares = readShares(text)
      if (shares === undefined) addIssue({ code: 'custom', message: sharesHint })
      return shares ?? new Map<string, number>()
    })
    .describe(
      'the share in percent of each label by which [a field moves](evolving.md#move-a-field-to-another-service), such as `move-reviews=25`, where no registry says it',
    ),
  USAGE_REPORTS: flag.default(true).describe('whether the registry is told which operations clients run'),
  USAGE_URL: url(http, 'http://127.0.0.1:4008/usage')
    .optional()
    .describe('where usage is reported, if not to the registry from which the supergraph comes'),
  USAGE_SECONDS: integer(1, 3_600, usageHint).default(30).describe('seconds between two reports of usage'),
  UNAUTHORIZED_OPERATIONS: z
    .enum(['filter', 'reject'], { error: 'put filter or reject there' })
    .default('filter')
    .describe(
      '`filter` leaves out of an answer what a client may not read; `reject` refuses the whole operation',
    ),
}
