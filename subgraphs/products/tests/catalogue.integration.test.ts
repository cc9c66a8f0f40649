import { demoBaskets, demoOrderId, demoProductId } from '@supergraph/demo/demo-shop.ts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { demoCatalogue } from '../demo/demo-products.ts'
import { anonymous, startTestProducts, type TestProducts } from './products-under-test.ts'

let products: TestProducts

beforeAll(async () => {
  products = await startTestProducts({ demoData: true, replicas: 2 })
})
afterAll(() => products?.stop())

const demo = Object.values(demoCatalogue).flat()
const mug = 'MUG-STONE-350'

const pageQuery = `query ($first: Int, $after: String, $filter: ProductFilter, $sort: ProductSort) {
  products(first: $first, after: $after, filter: $filter, sort: $sort) {
    edges { cursor node { id sku name category price { amountMinor currency } available inStock createdAt } }
    pageInfo { hasNextPage endCursor }
  }
}`
const page = z.object({
  products: z.object({
    edges: z.array(
      z.object({
        cursor: z.string(),
        node: z.object({
          id: z.string(),
          sku: z.string(),
          name: z.string(),
          category: z.string(),
          price: z.object({ amountMinor: z.number(), currency: z.string() }),
          available: z.number(),
          inStock: z.boolean(),
          createdAt: z.string(),
        }),
      }),
    ),
    pageInfo: z.object({ hasNextPage: z.boolean(), endCursor: z.string().nullable() }),
  }),
})

const readPage = async (variables: object) => {
  const { data } = await products.ask(anonymous, pageQuery, variables)
  const { edges, pageInfo } = page.parse(data).products
  return { nodes: edges.map(edge => edge.node), ...pageInfo }
}
const readAll = async (variables: object, first: number) => {
  const pages = [await readPage({ ...variables, first })]
  for (let last = pages.at(-1); last?.hasNextPage; last = pages.at(-1)) {
    pages.push(await readPage({ ...variables, first, after: last.endCursor }))
  }
  return pages.flatMap(({ nodes }) => nodes)
}
const skus = async (filter: object, sort?: string) =>
  (await readPage({ first: 100, filter, sort })).nodes.map(node => node.sku)

describe('demo data', () => {
  it('is added once by two processes that start at once, with its ledger and events', async () => {
    const shelves = await products.rows(
      `select sku, available,
              (select coalesce(sum(on_hand_delta), 0)::integer from stock_movements where product_id = products.id) as ledger,
              (select coalesce(sum(reserved_delta), 0)::integer from stock_movements where product_id = products.id) as held,
              version = (select count(*) from outbox where aggregate_id = products.id::text) as "isTold"
       from products order by sku collate "C"`,
    )
    expect(shelves).toEqual(
      demo
        .map(([sku, , , available]) => ({ sku, available, ledger: available, held: 0, isTold: true }))
        .toSorted((a, b) => (a.sku < b.sku ? -1 : 1)),
    )
  })

  it('has taken stock for each demo order that holds some, which comes back when the order is cancelled', async () => {
    const held = Object.entries(demoBaskets).filter(([, { holdsStock }]) => holdsStock)
    expect(
      await products.rows(
        `select order_id, state, array_agg(array[product_id::text, quantity::text] order by product_id) as lines
         from reservations join reservation_lines using (order_id) group by order_id order by order_id`,
      ),
    ).toEqual(
      held.map(([placedAt, { items }]) => ({
        order_id: demoOrderId(placedAt),
        state: 'COMMITTED',
        lines: items
          .map(([sku, quantity]) => [demoProductId(sku), String(quantity)])
          .toSorted(([a = ''], [b = '']) => (a < b ? -1 : 1)),
      })),
    )
  })
})

describe('products', () => {
  it.each([
    ['NEWEST', undefined],
    ['NAME', undefined],
    ['PRICE_ASC', undefined],
    ['PRICE_DESC', undefined],
    ['RELEVANCE', 'cotton or linen or steel or oak or wool'],
  ])('pages through %s (searching %j) without a gap or a double, ties included', async (sort, search) => {
    await products.rows(`update products set created_at = '2026-02-01' where category in ('Bath', 'Home')`)
    const filter = { search }
    const whole = await readPage({ first: 100, filter, sort })
    const ids = whole.nodes.map(node => node.id)
    for (const first of [1, 7]) {
      expect((await readAll({ filter, sort }, first)).map(node => node.id)).toEqual(ids)
    }
    expect(new Set(ids).size).toBe(ids.length)
    if (search === undefined) expect(ids).toHaveLength(demo.length)
    else expect(ids.length).toBeGreaterThan(14)
  })

  it('come in the order that was asked for', async () => {
    const { nodes: byPrice } = await readPage({ first: 100, sort: 'PRICE_ASC' })
    const prices = byPrice.map(node => node.price.amountMinor)
    expect(prices).toEqual(prices.toSorted((a, b) => a - b))
    expect((await readPage({ first: 100, sort: 'PRICE_DESC' })).nodes).toEqual(byPrice.toReversed())
    const names = (await readPage({ first: 100, sort: 'NAME' })).nodes.map(node => node.name)
    expect(names).toEqual(names.toSorted(new Intl.Collator('und').compare))
    const dates = (await readPage({ first: 100 })).nodes.map(node => node.createdAt)
    expect(dates).toEqual(dates.toSorted().toReversed())
  })

  it('are filtered for a gateway of the release before, which declares prices as Int', async () => {
    const cheap = demo.filter(([, , price]) => price <= 1_000).map(([sku]) => sku)
    const query = `query ($first: Int, $max: Int) {
      products(first: $first, filter: { maxPriceMinor: $max }) { edges { node { sku } } }
    }`
    const { codes, data } = await products.ask(anonymous, query, { first: 100, max: 1_000 })
    expect(codes).toEqual([])
    const { edges } = z.object({ products: z.object({ edges: z.array(z.unknown()) }) }).parse(data).products
    expect(edges).toHaveLength(cheap.length)
  })

  it('are filtered by category, stock and price together', async () => {
    const filter = { category: 'Outdoor', inStock: true, minPriceMinor: 4_000, maxPriceMinor: 6_000 }
    const expected = (demoCatalogue.Outdoor ?? []).filter(
      ([, , price, available]) => available > 0 && price >= 4_000 && price <= 6_000,
    )
    expect(expected.length).toBeGreaterThan(2)
    expect((await skus(filter)).toSorted()).toEqual(expected.map(([sku]) => sku).toSorted())
    const soldOut = demo.filter(([, , , available]) => available === 0).map(([sku]) => sku)
    expect((await skus({ inStock: false })).toSorted()).toEqual(soldOut.toSorted())
  })

  it('are found by stem, phrase, exclusion and category, with names before descriptions', async () => {
    expect(await skus({ search: 'candles' })).toEqual(
      expect.arrayContaining(['CANDLE-CEDAR-200', 'CANDLE-FIG-200']),
    )
    expect(await skus({ search: 'candles -fig' })).toEqual(['CANDLE-CEDAR-200'])
    expect(await skus({ search: '"picnic blanket"' })).toEqual(['BLANKET-PICNIC-200'])
    expect((await skus({ search: 'stationery' })).length).toBe(demoCatalogue.Stationery?.length)
    const mugs = await skus({ search: 'glass' })
    expect(mugs[0]).toBe('VASE-GLASS-22')
    expect(mugs).toContain('TOWEL-LINEN-2')
  })

  it('are found first by their sku, typed whole in any case', async () => {
    for (const [sku] of demo) {
      expect((await skus({ search: sku }))[0]).toBe(sku)
      expect((await skus({ search: ` ${sku.toLowerCase()} ` }))[0]).toBe(sku)
    }
    expect(await skus({ search: 'stone 350' })).toEqual([mug])
  })

  it('take a blank search for no search, and find nothing for words that mean nothing', async () => {
    expect((await readPage({ first: 100, filter: { search: '  ' } })).nodes).toHaveLength(demo.length)
    for (const search of ['the', '-', '"', "'; drop table products", '& | !', '<->']) {
      expect(await skus({ search })).toEqual([])
    }
  })

  it.each([
    ['RELEVANCE without a search', { sort: 'RELEVANCE' }],
    ['a page of 0', { first: 0 }],
    ['a page of 101', { first: 101 }],
    ['a cursor that is none', { after: 'nonsense' }],
    ['a search that no text can hold', { filter: { search: 'a\u0000b' } }],
    ['a search without end', { filter: { search: 'a'.repeat(201) } }],
  ])('refuse %s', async (_what, variables) => {
    expect((await products.ask(anonymous, pageQuery, variables)).codes).toEqual(['BAD_USER_INPUT'])
  })

  it('refuse the cursor of another order, and a forged one', async () => {
    const { endCursor } = await readPage({ first: 1, sort: 'NAME' })
    const forged = (values: unknown) => Buffer.from(JSON.stringify(values)).toString('base64url')
    const id = demoProductId(mug)
    for (const [sort, after] of [
      ['PRICE_ASC', endCursor],
      ['NEWEST', endCursor],
      ['PRICE_ASC', forged(['PRICE_ASC', 9_007_199_254_740_992, id])],
      ['NEWEST', forged(['NEWEST', '0000-01-01T00:00:00.000Z', id])],
      ['NAME', forged(['NAME', 'Mug', 'no id'])],
      ['NAME', forged(['NAME', 'a\u0000b', id])],
    ]) {
      const { codes } = await products.ask(anonymous, pageQuery, { sort, after })
      expect(codes).toEqual(['BAD_USER_INPUT'])
    }
  })

  it('take as many statements for 20 as for 1', async () => {
    for (const first of [1, 20]) {
      products.queries.reset()
      expect((await readPage({ first })).nodes).toHaveLength(first)
      expect(products.statements()).toHaveLength(1)
    }
  })
})
