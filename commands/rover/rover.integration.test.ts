import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createPriceFeed } from '@supergraph/gateway/tests/price-feed.ts'
import { startStandIn } from '@supergraph/gateway/tests/stand-in-subgraph.ts'
import { createIdentityVerifier } from '@supergraph/runtime/identity.ts'
import { createIdentityKeys, identityIssuers } from '@supergraph/runtime/identity-keys.ts'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createGraphQLClient } from '../../testbed/graphql-client.ts'
import { freePorts } from '../../testbed/ports.ts'
import { startProcess } from '../../testbed/processes.ts'
import { findRover, runRoverCommand } from '../../testbed/rover.ts'
import type { ProgramRun } from '../../testbed/run-program.ts'
import { waitUntil } from '../../testbed/waiting.ts'

const rover = await findRover()
const settings = {
  PATH: rover?.folder ?? '',
  HOME: '/nowhere',
  APOLLO_TELEMETRY_DISABLED: '1',
  NO_COLOR: '1',
}
const root = join(import.meta.dirname, '..', '..')
const ended = (status: number, text: string): ProgramRun => ({
  status,
  output: expect.stringContaining(text),
})

/** A folder with these files, which is removed with the test; gives the path of each. */
const writeFiles = (files: Readonly<Record<string, string>>) => {
  const folder = mkdtempSync(join(tmpdir(), 'rover-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
  return (name: string) => join(folder, name)
}

const link = 'extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key"])'
const products = `${link}
type Query { product(id: ID!): Product }
type Subscription { priceChanged(id: ID!): Product }
type Product @key(fields: "id") { id: ID! amountMinor: Int }
`
const reviews = `${link}
type Product @key(fields: "id") { id: ID! stars: Int }
`
const configOf = (urls: Readonly<Record<string, string>>) =>
  JSON.stringify({
    federation_version: '=2.14.4',
    subgraphs: Object.fromEntries(
      Object.entries(urls).map(([name, url]) => [
        name,
        { routing_url: url, schema: { file: `${name}.graphql` } },
      ]),
    ),
  })

describe.runIf(rover !== undefined)('the unmodified rover supergraph compose', () => {
  const compose = (...args: readonly string[]) =>
    runRoverCommand('rover', ['supergraph', 'compose', ...args], settings)

  it('composes to the byte what npm run compose does', async () => {
    const file = writeFiles({})
    const output = file('supergraph.graphql')
    expect(await compose('--config', join(root, 'rover.yaml'), '--output', output)).toEqual(
      ended(0, `Supergraph Schema was printed to ${output}`),
    )
    expect(readFileSync(output, 'utf8')).toBe(readFileSync(join(root, 'schema/supergraph.graphql'), 'utf8'))
  })

  it('prints why subgraphs do not compose, and what composition hints at', async () => {
    const urls = { products: 'http://127.0.0.1:1/graphql', reviews: 'http://127.0.0.1:2/graphql' }
    const file = writeFiles({
      'rover.yaml': configOf(urls),
      'products.graphql': products,
      'reviews.graphql': reviews.replace('stars: Int', 'stars: Stars'),
    })
    const broken = await compose('--config', file('rover.yaml'))
    expect(broken).toEqual(ended(1, 'error[E029]: Encountered 1 build error'))
    expect(broken.output).toContain('INVALID_GRAPHQL: [reviews] Unknown type Stars')
    writeFileSync(file('reviews.graphql'), reviews.replace('stars: Int', 'stars: Int amountMinor: Int!'))
    expect(await compose('--config', file('rover.yaml'))).toEqual(ended(1, 'INVALID_FIELD_SHARING: Non-'))
    const shared = (sdl: string, type: string) =>
      sdl
        .replace('"@key"]', '"@key", "@shareable"]')
        .replace(/stars: Int|amountMinor: Int/, `amountMinor: ${type} @shareable`)
    writeFileSync(file('products.graphql'), shared(products, 'Int'))
    writeFileSync(file('reviews.graphql'), shared(reviews, 'Int!'))
    const hinted = await compose('--config', file('rover.yaml'))
    expect(hinted).toEqual(ended(0, 'REVIEWS @join__graph(name: "reviews"'))
    expect(hinted.output).toContain('INCONSISTENT_BUT_COMPATIBLE_FIELD_TYPE')
  })
})

describe.runIf(rover !== undefined)('the unmodified rover dev', () => {
  /** Two stand-in subgraphs, and what rover is told of them. */
  const startShop = async () => {
    const { keys, issuers } = await createIdentityKeys(['gateway'])
    const feed = createPriceFeed()
    const start = async (name: string, sdl: string, resolvers: object) => {
      const verifyIdentity = createIdentityVerifier(name, identityIssuers.parse(issuers))
      const standIn = await startStandIn({ sdl, resolvers, verifyIdentity })
      onTestFinished(standIn.stop)
      return standIn.url
    }
    const product = (_: unknown, { id }: { id: string }) => ({ id, amountMinor: 1 })
    const urls = {
      products: await start('products', products, {
        Query: { product },
        Subscription: {
          priceChanged: { subscribe: (_: unknown, { id }: { id: string }) => feed.subscribe(id) },
        },
      }),
      reviews: await start('reviews', reviews, {
        Product: { __resolveReference: ({ id }: { id: string }) => ({ id, stars: 5 }) },
      }),
    }
    const [port = 0, healthPort = 0] = await freePorts(2)
    const file = writeFiles({
      'rover.yaml': configOf(urls),
      'router.yaml': `health_check: { enabled: true, listen: 127.0.0.1:${healthPort}, path: /healthy }\ncors: {}\n`,
      'products.graphql': products,
      'reviews.graphql': reviews,
    })
    return {
      feed,
      file,
      url: `http://127.0.0.1:${port}/graphql`,
      health: `http://127.0.0.1:${healthPort}/healthy`,
      args: ['--supergraph-config', file('rover.yaml'), '--supergraph-port', String(port)],
      variables: { ...settings, GATEWAY_IDENTITY_KEY: keys.gateway },
    }
  }

  it('serves the subgraphs by our gateway, subscriptions too, and each schema that is saved', async () => {
    const { feed, file, url, health, args, variables } = await startShop()
    const dev = startProcess(
      ['commands/rover/rover.ts', 'dev', ...args, '--router-config', file('router.yaml')],
      variables,
    )
    onTestFinished(async () => void (await dev.end('SIGTERM')))
    await dev.waitFor(/composing supergraph with Federation 2\.14\.4/)
    await dev.waitFor(/WARN: the gateway has settings of its own, and heeds of a router's none of cors/)
    await dev.waitFor(new RegExp(`GraphQL endpoint exposed at ${url}`))
    expect((await fetch(health)).status).toBe(200)

    const client = createGraphQLClient(url)
    expect(await client.ask('{ product(id: "a") { id amountMinor stars } }')).toEqual({
      data: { product: { id: 'a', amountMinor: 1, stars: 5 } },
    })
    const prices = client.watch('subscription { priceChanged(id: "a") { amountMinor stars } }')
    onTestFinished(prices.stop)
    await waitUntil('somebody listens', async () => feed.listeners('a') === 1)
    feed.publish('a', 7)
    expect(await prices.answer(1)).toEqual({ data: { priceChanged: { amountMinor: 7, stars: 5 } } })

    writeFileSync(file('reviews.graphql'), reviews.replace('stars: Int', 'stars: Int text: String'))
    await waitUntil('the new field is served', async () => {
      const { errors } = await client.ask('{ product(id: "a") { text } }')
      return !JSON.stringify(errors ?? []).includes('GRAPHQL_VALIDATION_FAILED')
    })
    writeFileSync(file('reviews.graphql'), reviews.replace('stars: Int', 'stars: Stars'))
    await dev.waitFor(/INVALID_GRAPHQL: \[reviews\] Unknown type Stars/)
    expect((await client.ask('{ product(id: "a") { stars } }')).data).toEqual({ product: { stars: 5 } })

    await dev.end('SIGTERM')
    await waitUntil('the gateway has ended', () =>
      fetch(url).then(
        () => false,
        () => true,
      ),
    )
  })

  it('says why the gateway does not start', async () => {
    const { args, variables } = await startShop()
    const dev = startProcess(['commands/rover/rover.ts', 'dev', ...args], { ...variables, MAX_DEPTH: 'deep' })
    onTestFinished(async () => void (await dev.end('SIGTERM')))
    await dev.waitFor(/ERROR: gateway can't start:\s+MAX_DEPTH is not usable: put the most/)
  })
})

it('needs the key of the gateway to run it', async () => {
  expect(await runRoverCommand('rover', ['dev'], { ...settings, DATA_DIR: '/nowhere' })).toEqual(
    ended(1, 'there is no key of the gateway: npm start makes one in /nowhere'),
  )
})
