import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type FederatedSubgraph, startFederatedGateway } from '@supergraph/gateway/tests/federated-gateway.ts'
import { clientsOf } from '@supergraph/gateway/tests/gateway-under-test.ts'
import { createPriceFeed } from '@supergraph/gateway/tests/price-feed.ts'
import { startTestRegistry } from '@supergraph/registry/tests/registry-under-test.ts'
import type { Client } from 'graphql-ws'
import { expect, it, onTestFinished, vi } from 'vitest'
import { z } from 'zod'
import { publishSubgraph } from '../testbed/publish.ts'
import { inParallel } from '../testbed/waiting.ts'

const ids = ['1', '2', '3', '4', '5']
const ratingOf = (id: string) => Number(id) * 11
const query = '{ products { id rating ratedBy } }'
const label = 'move-rating'
const moved = z.object({ id: z.string(), rating: z.number(), ratedBy: z.enum(['products', 'reviews']) })
const change = z.object({ amountMinor: z.number(), product: moved })

/** The fields of a product that move, with this directive on each. */
const ratings = (directive: string) => `type Product @key(fields: "id") {
  id: ID!
  rating: Int ${directive}
  ratedBy: String ${directive}
}`

const withRatings = (sdl: string, name: string, store: ReadonlyMap<string, number>) => ({
  sdl,
  resolvers: {
    Product: {
      __resolveReference: ({ id }: { readonly id: string }) => ({ id, rating: store.get(id), ratedBy: name }),
    },
  },
})

const startShop = async () => {
  const registry = await startTestRegistry(undefined)
  onTestFinished(registry.stop)
  const folder = mkdtempSync(join(tmpdir(), 'moving-field-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const feed = createPriceFeed()
  const inProducts = new Map(ids.map(id => [id, ratingOf(id)]))
  const inReviews = new Map<string, number>()
  const gateway = await startFederatedGateway(
    {
      catalogue: {
        sdl: `type Query { products: [Product!] }
          type Subscription { priceChanged: PriceChange }
          type PriceChange { amountMinor: Int product: Product }
          type Product @key(fields: "id", resolvable: false) { id: ID! }`,
        resolvers: {
          Query: { products: () => ids.map(id => ({ id })) },
          Subscription: { priceChanged: { subscribe: () => feed.subscribe('3') } },
          PriceChange: { product: () => ({ id: '3' }) },
        },
      },
      products: withRatings(`${ratings('')} type Query { inProducts: Int }`, 'products', inProducts),
      reviews: withRatings(
        `${ratings(`@override(from: "products", label: "${label}")`)} type Query { inReviews: Int }`,
        'reviews',
        inReviews,
      ),
    },
    {
      SUPERGRAPH_URL: `${registry.url}/uplink`,
      SUPERGRAPH_REF: 'shop@current',
      SUPERGRAPH_KEY: registry.key,
      SUPERGRAPH_PATH: join(folder, 'kept.graphql'),
    },
  )
  const served = async (version: string) =>
    vi.waitFor(async () => {
      const ready = await (await fetch(`${gateway.origin}/health/ready`)).json()
      expect(ready).toMatchObject({ registryVersion: version })
    })
  const to = { url: registry.url, key: registry.key, ref: 'shop@current' }
  const subgraph = (name: string): FederatedSubgraph => {
    const found = gateway.subgraphs.find(each => each.name === name)
    if (found === undefined) throw new Error(`there is no subgraph ${name}`)
    return found
  }
  return {
    ...gateway,
    ...clientsOf(gateway.origin),
    feed,
    inProducts,
    inReviews,
    subgraph,
    /** Publishes a subgraph, and waits until the gateway serves what came of it. */
    publish: async (name: string, sdl = subgraph(name).sdl) => {
      const { version, errors } = await publishSubgraph(to, { ...subgraph(name), sdl })
      expect(errors).toEqual([])
      await served(version)
    },
    setShare: async (share: number) => {
      const signature = { author: 'ada', message: '' }
      const ref = { graph: 'shop', variant: 'current' }
      const { number } = await registry.changes.setShare(ref, { label, share }, signature)
      await served(String(number))
    },
  }
}

type Shop = Awaited<ReturnType<typeof startShop>>

/** Asks again and again, as guests and as a user; every answer must have every right value, all from one source. */
const keepAsking = async ({ post, tokens }: Shop) => {
  const wrong: unknown[] = []
  let asked = 0
  let isOver = false
  const token = await tokens.customer('ada', { lifetimeSeconds: 600 })
  const ask = async (headers: Readonly<Record<string, string>> = {}) => {
    asked += 1
    const answer = await post(query, headers).catch(String)
    const products =
      typeof answer === 'string' ? [] : z.array(moved).safeParse(answer.body.data?.products).data
    const isRight =
      typeof answer !== 'string' &&
      answer.status === 200 &&
      answer.body.errors === undefined &&
      products?.length === ids.length &&
      products.every(({ id, rating }) => rating === ratingOf(id)) &&
      new Set(products.map(({ ratedBy }) => ratedBy)).size === 1
    if (!isRight) wrong.push(answer)
    return products?.[0]?.ratedBy
  }
  const callers: readonly Readonly<Record<string, string>>[] = [{}, {}, { authorization: `Bearer ${token}` }]
  const asking = callers.map(async headers => {
    while (!isOver) await ask(headers)
  })
  return {
    wrong,
    asked: () => asked,
    /** Which share of so many requests of guests came from the new source. */
    sample: async (times: number) => {
      let fromNew = 0
      await inParallel(times, 8, async () => {
        if ((await ask()) === 'reviews') fromNew += 1
      })
      return fromNew / times
    },
    stop: async () => {
      isOver = true
      await Promise.all(asking)
    },
  }
}

/** Follows price changes; the events in the order in which they came, and what else came. */
const follow = (client: Client) => {
  const amounts: number[] = []
  const wrong: unknown[] = []
  client.subscribe(
    { query: 'subscription { change: priceChanged { amountMinor product { id rating ratedBy } } }' },
    {
      next: ({ data, errors }) => {
        const taken = change.safeParse(data?.change).data
        if (taken === undefined || errors !== undefined || taken.product.rating !== ratingOf('3'))
          wrong.push({ data, errors })
        else amounts.push(taken.amountMinor)
      },
      error: error => void wrong.push(error),
      complete: () => void wrong.push('it is complete'),
    },
  )
  return { amounts, wrong }
}

it('moves a field share by share under load: no request fails, no value is wrong, and subscriptions go on', async () => {
  const shop = await startShop()
  const { publish, setShare, inProducts, inReviews, feed, socketClient } = shop
  await publish('catalogue')
  await publish('products')
  const asking = await keepAsking(shop)
  const followers = Array.from({ length: 12 }, () => follow(socketClient()))
  let published = 0
  const tell = () => {
    published += 1
    feed.publish('3', published)
  }
  await vi.waitFor(() => {
    tell()
    for (const { amounts } of followers) expect(amounts.length).toBeGreaterThan(0)
  })
  const begun = followers.map(({ amounts }) => amounts[0] ?? 0)
  const telling = setInterval(tell, 25)
  onTestFinished(() => clearInterval(telling))

  // expand: the new source can, and nobody asks it
  await publish('reviews')
  expect(await asking.sample(100)).toBe(0)
  for (const [id, rating] of inProducts) inReviews.set(id, rating)

  // switch
  await setShare(50)
  // n.b. six standard deviations of 400 draws at 50 % are 15 %
  expect(Math.abs((await asking.sample(400)) - 0.5)).toBeLessThan(0.15)
  await setShare(100)
  expect(await asking.sample(100)).toBe(1)

  // contract
  inProducts.clear()
  await publish('products', shop.subgraph('products').sdl.replace(/\s*(rating|ratedBy): \w+ ?\n/g, '\n'))
  await publish(
    'reviews',
    shop.subgraph('reviews').sdl.replace(/@override\(from: "products", label: "[\w-]+"\)/g, ''),
  )
  expect(await asking.sample(100)).toBe(1)

  await asking.stop()
  clearInterval(telling)
  expect(asking.wrong).toEqual([])
  expect(asking.asked()).toBeGreaterThan(1_000)
  await vi.waitFor(() => {
    for (const { amounts } of followers) expect(amounts.at(-1)).toBe(published)
  })
  for (const [index, { amounts, wrong }] of followers.entries()) {
    const first = begun[index] ?? 0
    expect(wrong).toEqual([])
    expect(amounts).toEqual(Array.from({ length: published - first + 1 }, (_, at) => first + at))
  }
})
