import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { readSubgraphs } from '@supergraph/gateway/subgraphs/subgraphs.ts'
import { readSupergraph } from '@supergraph/gateway/supergraph.ts'
import { parse as parseGraphQL } from 'graphql'
import { expect, it } from 'vitest'
import { parse } from 'yaml'
import { z } from 'zod'
import { isDeployed } from '../deployed.ts'

const read = (file: string): unknown => parse(readFileSync(join(import.meta.dirname, file), 'utf8'))
const subgraphs = readSubgraphs(parseGraphQL(readSupergraph()))
  .map(({ name }) => name)
  .filter(isDeployed)
const expected = Object.fromEntries(subgraphs.map(name => [name, `http://identity-proxy:4020/${name}`]))
/** What the identity proxy reads of a client's request. */
const needed = ['authorization', 'x-forwarded-for', 'user-agent']
const duration = z.string().regex(/^\d+(ms|s)$/)

// n.b. the parts of the routers' own configuration schemas that the files use: apollo-router 2.14, hive-router 0.2
const apolloRouter = z.strictObject({
  supergraph: z.strictObject({
    listen: z.string(),
    path: z.string().startsWith('/'),
    introspection: z.boolean(),
  }),
  health_check: z.strictObject({ listen: z.string() }),
  override_subgraph_url: z.record(z.string(), z.url()),
  headers: z.strictObject({
    all: z.strictObject({
      request: z.array(z.strictObject({ propagate: z.strictObject({ named: z.string() }) })),
    }),
  }),
  authorization: z.strictObject({ directives: z.strictObject({ enabled: z.boolean() }) }),
  limits: z.strictObject({ http_max_request_bytes: z.int(), parser_max_tokens: z.int() }),
  traffic_shaping: z.strictObject({
    all: z.strictObject({ timeout: duration }),
    router: z.strictObject({ timeout: duration }),
  }),
  include_subgraph_errors: z.strictObject({ all: z.boolean() }),
})

const hiveRouter = z.strictObject({
  supergraph: z.strictObject({ source: z.literal('file'), path: z.literal('schema/supergraph.graphql') }),
  http: z.strictObject({ host: z.string(), port: z.int() }),
  graphiql: z.strictObject({ enabled: z.boolean() }),
  override_subgraph_urls: z.strictObject({
    subgraphs: z.record(z.string(), z.strictObject({ url: z.url() })),
  }),
  headers: z.strictObject({
    all: z.strictObject({
      request: z.tuple([z.strictObject({ propagate: z.strictObject({ named: z.array(z.string()) }) })]),
    }),
  }),
  authorization: z.strictObject({ directives: z.strictObject({ enabled: z.boolean() }) }),
  traffic_shaping: z.strictObject({ all: z.strictObject({ request_timeout: duration }) }),
})

it('send each subgraph of the supergraph, and what the proxy needs of the client, to the identity proxy', () => {
  const apollo = apolloRouter.parse(read('router.yaml'))
  expect(apollo.override_subgraph_url).toEqual(expected)
  expect(apollo.headers.all.request.map(({ propagate }) => propagate.named)).toEqual(needed)
  const hive = hiveRouter.parse(read('hive-router.config.yaml'))
  const urls = Object.entries(hive.override_subgraph_urls.subgraphs).map(([name, { url }]) => [name, url])
  expect(Object.fromEntries(urls)).toEqual(expected)
  expect(hive.headers.all.request[0].propagate.named).toEqual(needed)
})
