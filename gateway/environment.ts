import { demoPassword } from '@supergraph/demo/demo-accounts.ts'
import {
  EnvironmentError,
  flag,
  parseEnvironment,
  port,
  processVariables,
  readBoth,
  url,
  urls,
  type Variables,
} from '@supergraph/runtime/environment.ts'
import { messageOf } from '@supergraph/runtime/error-text.ts'
import { identityKey } from '@supergraph/runtime/identity-keys.ts'
import { parse } from 'graphql'
import { z } from 'zod'
import { readSubgraphs, type Subgraph } from './subgraphs/subgraphs.ts'
import { readSupergraph } from './supergraph.ts'
import { supergraphPath } from './supergraph-path.ts'
import { tuningVariables } from './tuning.ts'

const http = ['http', 'https']
const jwksUrl = 'http://127.0.0.1:4001/.well-known/jwks.json'

/** The schema of the settings, each with what it is for. */
export const variables = z.object({
  ...processVariables,
  PORT: port(4000).default(4000).describe('the port to listen on'),
  IDENTITY_KEY: identityKey.meta({ description: 'signs the identity tokens of this process', secret: true }),
  JWKS_URL: urls(http, jwksUrl)
    .default(jwksUrl)
    .describe(
      'where users has the public keys that access tokens are checked with: one URL, or those of several replicas, separated by commas',
    ),
  CONSOLE_URL: url(http, 'http://127.0.0.1:4007')
    .optional()
    .describe(
      'where people find the console, to which pages lead in development, and in which somebody makes [faults on purpose](console.md) there',
    ),
  REGISTRY_URL: url(http, 'http://127.0.0.1:4008')
    .optional()
    .describe('where people find the registry; pages lead there in development'),
  MAILBOX_URL: url(http, 'http://127.0.0.1:4006')
    .optional()
    .describe('where people find the mailbox; pages lead there in development'),
  DEMO_DATA: flag
    .default(false)
    .describe('whether the demo accounts can be signed in by a click; in development alone'),
  DEMO_PASSWORD: z
    .string()
    .default(demoPassword)
    .meta({ description: 'the password of the demo accounts, which a click signs in', secret: true }),
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

/** The setting that says where the replicas of a subgraph answer. */
export const urlSetting = (subgraph: string) => `${subgraph.toUpperCase().replaceAll('-', '_')}_URL` as const

/** Reads the gateway's settings for these subgraphs; throws one EnvironmentError that names every mistake. */
export const readEnvironment = (
  source: Variables = process.env,
  subgraphs: readonly Subgraph[] = subgraphsIn(source),
): Environment => {
  const ofSubgraphs = Object.fromEntries(
    subgraphs.map(({ name, url: example }) => [urlSetting(name), urls(http, example).optional()]),
  )
  const [settings, subgraphUrls] = readBoth(
    'gateway',
    () => parseEnvironment('gateway', withRegistry, source),
    (): SubgraphUrls => parseEnvironment('gateway', z.object(ofSubgraphs), source),
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
      ([name, value]) => name.endsWith('_URL') && urls(http, '').safeParse(value).success,
    ),
  )
