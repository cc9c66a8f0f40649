import { randomUUID } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Client } from 'graphql-ws'
import { expect, it, onTestFinished, vi } from 'vitest'
import { z } from 'zod'
import { drawOf } from '../execution/override-choices.ts'
import { startFederatedGateway, type TestSubgraph } from './federated-gateway.ts'
import { clientsOf } from './gateway-under-test.ts'
import { createPriceFeed } from './price-feed.ts'

const cacheControl = `
  extend schema
    @link(url: "https://specs.commerce-supergraph.example/cacheControl/v0.1", import: ["@cacheControl"])
    @composeDirective(name: "@cacheControl")
  directive @cacheControl(maxAge: Int, inheritMaxAge: Boolean) on FIELD_DEFINITION | OBJECT
`
const id = randomUUID()
const query = '{ product { source twin } }'
const sources = z.object({ source: z.enum(['old', 'new']), twin: z.enum(['old', 'new']) })

/** Starts a gateway over a product whose fields say which subgraph they came from; both may be kept. */
const startMoving = async (share: number, settings: Readonly<Record<string, string>> = {}) => {
  const feed = createPriceFeed()
  const lists: TestSubgraph = {
    sdl: `${cacheControl}
      type Query { product: Product @cacheControl(maxAge: 30) }
      type Subscription { priceChanged: PriceChange }
      type PriceChange { amountMinor: Int product: Product }
      type Product @key(fields: "id", resolvable: false) { id: ID! }`,
    resolvers: {
      Query: { product: () => ({ id }) },
      Subscription: { priceChanged: { subscribe: () => feed.subscribe(id) } },
      PriceChange: { product: () => ({ id }) },
    },
  }
  const productsWith = (directive: string, source: string): TestSubgraph => ({
    sdl: `${cacheControl}
      type Query { ${source}: Boolean }
      type Product @key(fields: "id") @cacheControl(maxAge: 60) {
        id: ID! source: String ${directive} twin: String ${directive}
      }`,
    resolvers: {
      Product: { __resolveReference: ({ id }: { id: string }) => ({ id, source, twin: source }) },
    },
  })
  const old = productsWith('', 'old')
  const gateway = await startFederatedGateway(
    {
      lists,
      before: {
        sdl: `${old.sdl} type Subscription { told: Product }`,
        resolvers: {
          ...old.resolvers,
          Subscription: {
            told: {
              subscribe: () => feed.subscribe(id),
              resolve: () => ({ id, source: 'old', twin: 'old' }),
            },
          },
        },
      },
      after: productsWith('@override(from: "before", label: "move")', 'new'),
    },
    { OVERRIDE_LABELS: `move=${share}`, ...settings },
  )
  const sourceFor = async (token?: string) => {
    const { body } = await gateway.post(
      query,
      token === undefined ? {} : { authorization: `Bearer ${token}` },
    )
    expect(body.errors).toBeUndefined()
    const { source, twin } = sources.parse(body.data?.product)
    // n.b. whatever is kept or shared, an answer is of one source
    expect(twin).toBe(source)
    return source
  }
  return { ...gateway, ...clientsOf(gateway.origin), feed, sourceFor }
}

const follow = (client: Client) => {
  const seen: string[] = []
  client.subscribe(
    { query: 'subscription { change: priceChanged { amountMinor product { source twin } } }' },
    {
      next: ({ data, errors }) => {
        expect(errors).toBeUndefined()
        const { source, twin } = sources.parse(z.object({ product: z.unknown() }).parse(data?.change).product)
        expect(twin).toBe(source)
        seen.push(source)
      },
      error: () => undefined,
      complete: () => undefined,
    },
  )
  return seen
}

it('gives guests a share of requests, and never one answer of both sources', async () => {
  const { sourceFor, asked } = await startMoving(25)
  const before = await sourceFor()
  expect(['old', 'new']).toContain(before)
  const answers = (
    await Promise.all(
      Array.from({ length: 20 }, async () => {
        const own: string[] = []
        for (let time = 0; time < 40; time += 1) own.push(await sourceFor())
        return own
      }),
    )
  ).flat()
  // n.b. six standard deviations of 800 draws at 25 % are 74
  expect(Math.abs(answers.filter(source => source === 'new').length - 200)).toBeLessThan(74)
  // n.b. what either source said is kept, under a name of its own
  expect([asked('before').length, asked('after').length].every(times => times > 0 && times < 100)).toBe(true)
})

it('gives a user the same source each time, over HTTP and sockets, whoever asks beside', async () => {
  const { sourceFor, tokens, socketClient, feed } = await startMoving(50)
  const users = Array.from({ length: 12 }, () => randomUUID())
  const expected = users.map(user =>
    drawOf({ kind: 'user', id: user, scopes: [], sessionId: '' }) < 50 ? 'new' : 'old',
  )
  const signedIn = await Promise.all(users.map(user => tokens.customer(user)))
  for (let time = 0; time < 5; time += 1) expect(await Promise.all(signedIn.map(sourceFor))).toEqual(expected)
  const again = await Promise.all(users.map(user => tokens.customer(user)))
  expect(await Promise.all(again.map(sourceFor))).toEqual(expected)

  const followed = signedIn.map(token => follow(socketClient({ authorization: `Bearer ${token}` })))
  const guests = Array.from({ length: 30 }, () => follow(socketClient()))
  let amount = 0
  await vi.waitFor(() => {
    amount += 1
    feed.publish(id, amount)
    for (const seen of [...followed, ...guests]) expect(seen.length).toBeGreaterThan(2)
  })
  expect(followed.map(seen => [...new Set(seen)])).toEqual(expected.map(source => [source]))
  // n.b. a guest's subscription keeps what it drew; thirty that draw the same happen once in 5 × 10^8 times
  expect(guests.map(seen => new Set(seen).size)).toEqual(guests.map(() => 1))
  expect(new Set(guests.flat())).toEqual(new Set(['old', 'new']))
})

it.each([
  [0, 'old'],
  [100, 'new'],
])('asks one source alone at %i %%', async (share, source) => {
  const { sourceFor, tokens } = await startMoving(share)
  const token = await tokens.customer('ada')
  for (let time = 0; time < 10; time += 1)
    expect([await sourceFor(), await sourceFor(token)]).toEqual([source, source])
})

it('lets subscriptions follow a share: one goes on from the new source, and one ends that asked the old one itself', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'moving-fields-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const path = join(folder, 'supergraph.graphql')
  const { socketClient, feed, sourceFor } = await startMoving(0, { SUPERGRAPH_PATH: path })
  const goesOn = follow(socketClient())
  const ended = vi.fn()
  const told: unknown[] = []
  socketClient().subscribe(
    { query: 'subscription { told { source twin } }' },
    { next: ({ data }) => void told.push(data), error: ended, complete: () => undefined },
  )
  await vi.waitFor(() => expect(feed.listeners(id)).toBe(2))
  feed.publish(id, 1)
  await vi.waitFor(() =>
    expect([goesOn, told]).toEqual([['old'], [{ told: { source: 'old', twin: 'old' } }]]),
  )

  writeFileSync(
    path,
    readFileSync(path, 'utf8').replaceAll('overrideLabel: "move"', 'overrideLabel: "percent(100)"'),
  )
  await vi.waitFor(async () => expect(await sourceFor()).toBe('new'))
  await vi.waitFor(() => expect(ended).toHaveBeenCalled())
  expect(ended.mock.calls).toEqual([[[expect.objectContaining({ extensions: { code: 'SCHEMA_CHANGED' } })]]])
  feed.publish(id, 2)
  await vi.waitFor(() => expect(goesOn).toEqual(['old', 'new']))
  expect(told).toHaveLength(1)
})
