import { demoProductId } from '@supergraph/demo/demo-shop.ts'
import type { Viewer } from '@supergraph/runtime/identity.ts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { demoCatalogue } from '../demo/demo-products.ts'
import { anonymous, orders, staff, startTestProducts, type TestProducts } from './products-under-test.ts'

type DemoProduct = (typeof demo)[number]

let products: TestProducts

beforeAll(async () => {
  products = await startTestProducts({ demoData: true })
})
afterAll(() => products?.stop())

const demo = Object.values(demoCatalogue).flat()
const mug = 'MUG-STONE-350'

describe('product', () => {
  const query = 'query ($id: ID, $sku: String) { product(id: $id, sku: $sku) { id sku } }'

  it('is read by id, in any case, or by sku', async () => {
    const product = { id: demoProductId(mug), sku: mug }
    for (const key of [{ id: product.id }, { id: product.id.toUpperCase() }, { sku: mug }]) {
      expect((await products.ask(anonymous, query, key)).data).toEqual({ product })
    }
  })

  it('is null if there is none', async () => {
    for (const key of [
      { id: 'no uuid' },
      { id: demoProductId('unknown') },
      { sku: 'unknown' },
      { sku: 'a\u0000b' },
    ]) {
      expect(await products.ask(anonymous, query, key)).toEqual({
        status: 200,
        data: { product: null },
        codes: [],
      })
    }
  })

  it('wants exactly one of id and sku', async () => {
    for (const keys of [{}, { id: null }, { id: demoProductId(mug), sku: mug }]) {
      expect((await products.ask(anonymous, query, keys)).codes).toEqual(['BAD_USER_INPUT'])
    }
  })
})

describe('entities', () => {
  const query = `query ($representations: [_Any!]!) {
    _entities(representations: $representations) { ... on Product { id sku price { amountMinor currency } inStock } }
  }`
  const byId = ([sku]: DemoProduct) => ({ __typename: 'Product', id: demoProductId(sku) })
  const bySku = ([sku]: DemoProduct) => ({ __typename: 'Product', sku })
  const entity = ([sku, , amountMinor, available]: DemoProduct) => ({
    id: demoProductId(sku),
    sku,
    price: { amountMinor, currency: 'EUR' },
    inStock: available > 0,
  })

  const keys: readonly (readonly [string, (product: DemoProduct) => object])[] = [
    ['id', byId],
    ['sku', bySku],
  ]
  it.each(keys)('take one statement by %s, for 1 as for 20', async (_key, representation) => {
    for (const some of [demo.slice(0, 1), demo.slice(0, 20)]) {
      products.queries.reset()
      const { data } = await products.ask(anonymous, query, { representations: some.map(representation) })
      expect(data).toEqual({ _entities: some.map(entity) })
      expect(products.statements()).toHaveLength(1)
    }
  })

  it('take two statements for a list of both keys, and keep its order', async () => {
    const some = demo.slice(0, 20)
    const representations: readonly object[] = some.map((product, index) =>
      index % 2 ? byId(product) : bySku(product),
    )
    products.queries.reset()
    expect((await products.ask(anonymous, query, { representations })).data).toEqual({
      _entities: some.map(entity),
    })
    expect(products.statements()).toHaveLength(2)
  })

  it('are 100 at most in a request of a service, over all of its fields, and more for the gateway', async () => {
    const representation = { __typename: 'Product', id: demoProductId(mug) }
    const list = (length: number) => Array.from({ length }, () => representation)
    const twice = `query ($a: [_Any!]!, $b: [_Any!]!) {
      a: _entities(representations: $a) { __typename }
      b: _entities(representations: $b) { __typename }
    }`
    const ask = (viewer: Viewer, a: number, b: number) =>
      products.ask(viewer, twice, { a: list(a), b: list(b) })
    expect((await ask(orders, 50, 50)).codes).toEqual([])
    expect((await ask(orders, 50, 51)).codes).toEqual(['BAD_USER_INPUT'])
    expect((await ask(orders, 50_000, 0)).codes).toEqual(['BAD_USER_INPUT'])
    expect((await ask(anonymous, 101, 101)).codes).toEqual([])
  })

  it('are null if there is no such product, or no key', async () => {
    const representations = [
      { id: 'no uuid' },
      { id: demoProductId('unknown') },
      { sku: 'unknown' },
      { id: 5 },
      {},
    ].map(key => ({ __typename: 'Product', ...key }))
    expect(await products.ask(anonymous, query, { representations })).toEqual({
      status: 200,
      data: { _entities: representations.map(() => null) },
      codes: [],
    })
  })

  it('resolve after they were archived, with nothing to order', async () => {
    const sku = 'TWINE-JUTE-100'
    const id = demoProductId(sku)
    await products.ask(
      staff,
      'mutation ($input: ArchiveProductInput!) { archiveProduct(input: $input) { __typename } }',
      { input: { productId: id } },
    )
    const representations = [
      { __typename: 'Product', id },
      { __typename: 'Product', sku },
    ]
    const { data } = await products.ask(anonymous, query, { representations })
    const archived = { id, sku, price: { amountMinor: 700, currency: 'EUR' }, inStock: false }
    expect(data).toEqual({ _entities: [archived, archived] })
    const search = await products.ask(
      anonymous,
      'query ($sku: String) { products(filter: { search: $sku }) { edges { node { sku } } } }',
      { sku },
    )
    expect(search.data).toEqual({ products: { edges: [] } })
  })
})
