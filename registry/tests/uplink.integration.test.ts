import { ApolloGateway, LocalGraphQLDataSource } from '@apollo/gateway'
import { ApolloServer } from '@apollo/server'
import { ApolloServerPluginUsageReportingDisabled } from '@apollo/server/plugin/disabled'
import { buildSubgraphSchema } from '@apollo/subgraph'
import { parse } from 'graphql'
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest'
import { startTestRegistry } from './registry-under-test.ts'

const ref = { graph: 'shop', variant: 'current' }
const signature = { author: 'ada', message: '' }
const withField = (field: string) => ({
  name: 'users',
  url: 'http://users.example/graphql',
  sdl: `extend schema @link(url: "https://specs.apollo.dev/federation/v2.9") type Query { ${field}: String }`,
})

describe('what gateways poll', () => {
  let registry: Awaited<ReturnType<typeof startTestRegistry>>
  beforeAll(async () => {
    registry = await startTestRegistry(undefined)
    await registry.changes.publish(ref, withField('one'), signature)
  })
  afterAll(() => registry.stop())

  const fetchConfig = async (variables: Readonly<Record<string, string>>) => {
    const response = await fetch(`${registry.url}/uplink`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        query: `query SupergraphSdlQuery($apiKey: String!, $graph_ref: String!, $ifAfterId: ID) {
          routerConfig(ref: $graph_ref, apiKey: $apiKey, ifAfterId: $ifAfterId) {
            __typename
            ... on RouterConfigResult { id supergraphSdl: supergraphSDL minDelaySeconds }
            ... on FetchError { code message }
          }
        }`,
        variables: { apiKey: registry.key, graph_ref: 'shop@current', ...variables },
      }),
    })
    return (await response.json()).data.routerConfig
  }

  it('gives the supergraph that is served, once', async () => {
    const given = await fetchConfig({})
    expect(given).toEqual({
      __typename: 'RouterConfigResult',
      id: '1',
      supergraphSdl: expect.stringContaining('one: String'),
      minDelaySeconds: 0.2,
    })
    expect(await fetchConfig({ ifAfterId: given.id })).toEqual({ __typename: 'Unchanged' })
    expect(await fetchConfig({ graph_ref: 'shop' })).toEqual(given)
  })

  it.each([
    ['a wrong key', { apiKey: 'service:shop:wrong' }, 'AUTHENTICATION_FAILED', 'does not know this key'],
    ['a key of another graph', { graph_ref: 'other@current' }, 'ACCESS_DENIED', 'one of the graph shop'],
    ['a variant that serves nothing', { graph_ref: 'shop@staging' }, 'UNKNOWN_REF', 'serves nothing'],
    ['no reference', { graph_ref: 'a@b@c' }, 'UNKNOWN_REF', 'is no reference'],
  ])('says what is wrong with %s', async (_title, variables, code, message) => {
    expect(await fetchConfig(variables)).toEqual({
      __typename: 'FetchError',
      code,
      message: expect.stringContaining(message),
    })
  })

  it.each([
    [
      'a body of more than 64 KB',
      { query: '{ a }', variables: { a: 'x'.repeat(64 * 1024) } },
      413,
      '65536 bytes',
    ],
    ['a document without end', { query: `{ ${'a '.repeat(200)}}` }, 200, '200 tokens'],
    [
      'a document that asks again and again',
      { query: `{ ${'abcde'.replaceAll(/./g, '$&: routerConfig(ref: "", apiKey: "") { __typename } ')}}` },
      200,
      'aliases',
    ],
  ])('refuses %s to everybody', async (_title, body, status, message) => {
    const response = await fetch(`${registry.url}/uplink`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
    expect([response.status, await response.text()]).toEqual([status, expect.stringContaining(message)])
  })

  it('lets the stock gateway run, take a new supergraph, and come back by a roll-back', async () => {
    vi.stubEnv('APOLLO_TELEMETRY_DISABLED', 'true')
    onTestFinished(() => void vi.unstubAllEnvs())
    const fields = ['one', 'two'].map(field => [field, () => field])
    const users = buildSubgraphSchema({
      typeDefs: parse('type Query { one: String two: String }'),
      resolvers: { Query: Object.fromEntries(fields) },
    })
    const gateway = new ApolloGateway({
      uplinkEndpoints: [`${registry.url}/uplink`],
      buildService: () => new LocalGraphQLDataSource(users),
    })
    const apollo = { key: registry.key, graphRef: 'shop@current' }
    const server = new ApolloServer({
      gateway,
      apollo,
      plugins: [ApolloServerPluginUsageReportingDisabled()],
      stopOnTerminationSignals: false,
    })
    await server.start()
    onTestFinished(() => server.stop())
    const ask = async (query: string): Promise<unknown> => {
      const { body } = await server.executeOperation({ query })
      return body.kind === 'single' ? JSON.parse(JSON.stringify(body.singleResult.data ?? null)) : body
    }
    expect(await ask('{ one }')).toEqual({ one: 'one' })
    await registry.changes.publish(ref, withField('two'), signature)
    await vi.waitFor(async () => expect(await ask('{ two }')).toEqual({ two: 'two' }))
    await registry.changes.publish(
      ref,
      { ...withField('two'), sdl: 'type Query { two: Missing }' },
      signature,
    )
    await registry.restart()
    await registry.changes.rollBack(ref, 1, signature)
    await vi.waitFor(async () => expect(await ask('{ one }')).toEqual({ one: 'one' }))
  })
})
