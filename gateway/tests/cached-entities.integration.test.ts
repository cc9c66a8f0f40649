import { randomUUID } from 'node:crypto'
import { ProductUpdated } from '@supergraph/schema/events/products.ts'
import { expect, it, onTestFinished, vi } from 'vitest'
import { startFederatedGateway, type TestSubgraph } from './federated-gateway.ts'

const directive = `
  extend schema
    @link(url: "https://specs.commerce-supergraph.example/cacheControl/v0.1", import: ["@cacheControl"])
    @composeDirective(name: "@cacheControl")
  directive @cacheControl(maxAge: Int, inheritMaxAge: Boolean) on FIELD_DEFINITION | OBJECT
`
const ids: readonly string[] = Array.from({ length: 4 }, () => randomUUID())
const [first = '', second = '', third = '', fourth = ''] = ids

const startShop = async (settings: Readonly<Record<string, string>> = {}) => {
  const names = new Map<string, string>(ids.map((id, index) => [id, `Mug ${index}`]))
  const lists: TestSubgraph = {
    sdl: `${directive}
      type Query { list(ids: [ID!]!): [Product] @cacheControl(maxAge: 30) mine: [Product] @cacheControl(maxAge: 0) }
      type Mutation { touch: Boolean }
      type Product @key(fields: "id", resolvable: false) { id: ID! }`,
    resolvers: {
      Query: {
        list: (_: unknown, { ids }: { readonly ids: readonly string[] }) => ids.map(id => ({ id })),
        mine: () => [{ id: first }],
      },
      Mutation: { touch: () => true },
    },
  }
  const products: TestSubgraph = {
    sdl: `${directive}
      type Query { ok: Boolean }
      type Product @key(fields: "id") @cacheControl(maxAge: 60) {
        id: ID! name: String stock: Int @cacheControl(maxAge: 0) cost: Int @requiresScopes(scopes: [["catalog:write"]])
      }`,
    resolvers: {
      Product: {
        __resolveReference: ({ id }: { readonly id: string }) => ({ id, name: names.get(id) }),
        stock: () => 3,
        cost: () => 7,
      },
    },
  }
  const gateway = await startFederatedGateway({ lists, products }, settings)
  const ask = async (query: string, wanted: readonly string[], token?: string) => {
    const { body, headers } = await gateway.post(
      query,
      token === undefined ? {} : { authorization: `Bearer ${token}` },
      { ids: wanted },
    )
    return { ...body, cacheControl: headers.get('cache-control') }
  }
  /** What the subgraph of products was asked for, request by request. */
  const askedFor = () =>
    gateway
      .asked('products')
      .map(({ representations }) =>
        (Array.isArray(representations) ? representations : []).map(({ id }) => id),
      )
  const rename = async (id: string, name: string) => {
    names.set(id, name)
    await gateway.transport.publish(
      ProductUpdated.create({
        id: randomUUID(),
        subject: `catalogue/${id}`,
        version: 2,
        occurredAt: new Date(),
        data: {
          productId: id,
          sku: id,
          name,
          category: null,
          price: { amountMinor: 1, currency: 'EUR' },
          isArchived: false,
        },
      }),
    )
  }
  return { ...gateway, ask, askedFor, rename }
}

const named = 'query ($ids: [ID!]!) { list(ids: $ids) { name } }'
const namesIn = (data: unknown) =>
  JSON.parse(JSON.stringify(data)).list.map(({ name }: { name: string }) => name)

it('asks for the entities of a list that it does not keep, and for no others', async () => {
  const { ask, askedFor } = await startShop()
  await ask(named, [first, third])
  const { data } = await ask(named, [first, second, third, fourth])
  expect(namesIn(data)).toEqual(['Mug 0', 'Mug 1', 'Mug 2', 'Mug 3'])
  await ask(named, [fourth])
  expect(askedFor()).toEqual([
    [first, third],
    [second, fourth],
  ])
})

it('asks again for what an event says has changed, and for what may not be kept', async () => {
  const { ask, askedFor, rename } = await startShop()
  await ask(named, [first, second])
  await rename(first, 'Bowl')
  await vi.waitFor(async () =>
    expect(namesIn((await ask(named, [first, second])).data)).toEqual(['Bowl', 'Mug 1']),
  )
  expect(askedFor()).toEqual([[first, second], [first]])
  for (let time = 0; time < 2; time += 1) await ask(named.replace('name', 'stock'), [first])
  expect(askedFor().slice(2)).toEqual([[first], [first]])
})

it('gives a viewer nothing that only another one may have', async () => {
  const { ask, tokens, askedFor } = await startShop()
  const withCost = named.replace('name', 'name cost')
  const staff = await tokens.customer(randomUUID(), { scopes: ['catalog:write'] })
  const customer = await tokens.customer(randomUUID())
  expect((await ask(withCost, [first], staff)).data).toEqual({ list: [{ name: 'Mug 0', cost: 7 }] })
  for (const token of [customer, undefined]) {
    const { data, errors } = await ask(withCost, [first], token)
    expect(data).toEqual({ list: [{ name: 'Mug 0', cost: null }] })
    expect(errors).toMatchObject([{ extensions: { code: 'UNAUTHORIZED_FIELD_OR_TYPE' } }])
  }
  expect(askedFor()).toEqual([[first], [first], [first]])
})

it('lets everyone keep what anyone is answered without a token, and only the user what a user is answered', async () => {
  const { ask, tokens } = await startShop()
  const customer = await tokens.customer(randomUUID())
  expect((await ask(named, [first])).cacheControl).toBe('max-age=30, public')
  expect((await ask(named, [first], customer)).cacheControl).toBe('max-age=30, private')
  expect((await ask(named.replace('name', 'stock'), [first])).cacheControl).toBe('no-store')
  expect(
    (await ask('query ($ids: [ID!]!) { mine { name } list(ids: $ids) { id } }', [first])).cacheControl,
  ).toBe('no-store')
  expect((await ask(named.replace('name', 'cost'), [first])).cacheControl).toBe('no-store')
  expect((await ask('{ nothing }', [])).cacheControl).toBe('no-store')
})

it('lets nobody keep an answer for longer than what was kept of its entities may still be kept', async () => {
  const { ask } = await startShop()
  await ask(named, [first])
  const nowMs = performance.now()
  const clock = vi.spyOn(performance, 'now').mockImplementation(() => nowMs + 59_000)
  onTestFinished(() => clock.mockRestore())
  expect((await ask(named, [second])).cacheControl).toBe('max-age=30, public')
  expect((await ask(named, [first])).cacheControl).toMatch(/^(max-age=1, public|no-store)$/)
  clock.mockImplementation(() => nowMs + 50_000)
  expect((await ask(named, [first])).cacheControl).toMatch(/^max-age=(9|10), public$/)
})

it('lets a user who has just changed something read past the cache', async () => {
  const { ask, tokens, askedFor } = await startShop()
  const customer = await tokens.customer(randomUUID())
  await ask(named, [first], customer)
  await ask('mutation { touch }', [], customer)
  await ask(named, [first], customer)
  expect(askedFor()).toEqual([[first], [first]])
})
